package liftstream.flink;

import java.util.List;
import org.apache.flink.table.data.RowData;

/**
 * The pairing rule for the halves of one client: nearest within the window, each half once, a client may come again.
 *
 * <p>It knows no clock and no Flink state. The rule is the one of {@code pipeline/join/}, and both are checked with one reference.
 */
final class Pairing {
    /** Why a half leaves alone; the worker's words. */
    enum Reason {
        INVALID,
        LATE,
        DUPLICATE,
        TIMEOUT
    }

    /** Where halves go that need no longer wait. */
    interface Leaving {
        void pair(RowData demographic, RowData historic);

        void alone(RowData half, Reason reason);
    }

    private final long windowMs;
    private final long latenessMs;

    /**
     * @param windowMs how far apart the halves of a pair may be
     * @param latenessMs how far behind the watermark a half may come and still be joined
     */
    Pairing(long windowMs, long latenessMs) {
        this.windowMs = windowMs;
        this.latenessMs = latenessMs;
    }

    /**
     * Takes in a half.
     *
     * @param waiting halves of its client; what is left of them, perhaps with it
     * @param readMs the watermark before it as far as records show it: judges whether it is late; {@code Long.MIN_VALUE}: none yet
     * @param nowMs the same with the seconds that passed without records: a half that was on its way meanwhile waits from now on
     * @return the partner it found, or null
     */
    RowData take(List<RowData> waiting, RowData mine, long readMs, long nowMs, Leaving out) {
        RowData partner = nearest(waiting, mine);
        if (partner != null) {
            waiting.remove(partner);
            boolean first = mine.getInt(Half.SIDE) == Half.DEMOGRAPHIC;
            out.pair(first ? mine : partner, first ? partner : mine);
        } else if (overAtMs(mine) <= readMs) {
            out.alone(mine, Reason.LATE);
        } else {
            waiting.removeIf(one -> isNear(one, mine) && leave(one, Reason.DUPLICATE, out));
            waiting.add(overAtMs(mine) <= nowMs ? Half.countedAs(mine, nowMs) : mine);
        }
        return partner;
    }

    /** Lets go of halves that time has passed by; whether there were any. */
    boolean giveUp(List<RowData> waiting, long nowMs, Leaving out) {
        return waiting.removeIf(one -> overAtMs(one) <= nowMs && leave(one, Reason.TIMEOUT, out));
    }

    /** The join's time at which a half has waited long enough. */
    long overAtMs(RowData half) {
        return half.getLong(Half.COUNTED) + windowMs + latenessMs + 1;
    }

    private RowData nearest(List<RowData> waiting, RowData mine) {
        RowData best = null;
        for (RowData one : waiting) {
            if (one.getInt(Half.SIDE) != mine.getInt(Half.SIDE) && isNear(one, mine) && isBetter(one, best, mine)) {
                best = one;
            }
        }
        return best;
    }

    /** Of two at one distance the earlier is the better. */
    private static boolean isBetter(RowData one, RowData best, RowData mine) {
        if (best == null) {
            return true;
        }
        long nearer = distanceMs(best, mine) - distanceMs(one, mine);
        return nearer > 0 || nearer == 0 && one.getLong(Half.STAMP) < best.getLong(Half.STAMP);
    }

    private boolean isNear(RowData one, RowData mine) {
        return distanceMs(one, mine) <= windowMs;
    }

    private static long distanceMs(RowData one, RowData other) {
        return Math.abs(one.getLong(Half.STAMP) - other.getLong(Half.STAMP));
    }

    private static boolean leave(RowData half, Reason reason, Leaving out) {
        out.alone(half, reason);
        return true;
    }
}
