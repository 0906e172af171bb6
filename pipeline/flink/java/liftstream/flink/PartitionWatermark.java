package liftstream.flink;

import java.time.Duration;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.clock.RelativeClock;

/**
 * The watermark of one partition: its newest timestamp, and where it is quiet, on by the seconds that pass.
 *
 * <p>Flink takes the smallest over all partitions. A partition that was quiet for a while stays {@link #UNDERWAY} behind, and
 * after {@link #idleAfter} it no longer holds the others back; by then its own time has passed everything that was read of it.
 * Seconds in which reading was blocked, by what comes after the source or by alignment, do not count.
 */
final class PartitionWatermark implements WatermarkGenerator<RowData> {
    /** How long a partition may be quiet before its time goes on; a source that reads a backlog visits partitions in turn. */
    static final Duration UNDERWAY = Duration.ofSeconds(5);

    /**
     * The most that counts between two looks. They come every 100 ms; a longer gap means that nothing was read in this task for
     * so long, whatever is on the topics: its Python worker was starting, or the machine was busy.
     */
    private static final long STEP_MS = 200;

    private static final long NEVER = Long.MIN_VALUE;

    private final RelativeClock clock;
    private final long idleAfterMs;
    private long newestMs = NEVER;
    private long lookedAtMs;
    private long quietMs;
    private boolean anyRead;
    private boolean anyFromTheFuture;

    private PartitionWatermark(RelativeClock clock, Duration idleAfter) {
        this.clock = clock;
        this.idleAfterMs = idleAfter.toMillis();
        this.lookedAtMs = clock.relativeTimeMillis();
    }

    /**
     * Time of all partitions of a source, the topic that is ahead held back.
     *
     * @param window of the join
     * @param drift how far partitions may be ahead of the slowest, in event time
     */
    static WatermarkStrategy<RowData> of(Duration window, Duration drift) {
        Duration idleAfter = idleAfter(window);
        return WatermarkStrategy.<RowData>forGenerator(context -> new PartitionWatermark(context.getInputActivityClock(), idleAfter))
                .withWatermarkAlignment("liftstream", drift, Duration.ofMillis(100));
    }

    /** Long enough that the time of a partition has passed its own last record by the window before it falls silent. */
    static Duration idleAfter(Duration window) {
        return UNDERWAY.multipliedBy(2).plus(window);
    }

    /** A record from the future moves time only where it comes alone: a single one would make all others late. */
    @Override
    public void onEvent(RowData record, long timestampMs, WatermarkOutput output) {
        if (timestampMs > System.currentTimeMillis()) {
            anyFromTheFuture = true;
        } else {
            anyRead = true;
            newestMs = Math.max(newestMs, timestampMs);
        }
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
        long nowMs = clock.relativeTimeMillis();
        quietMs += Math.min(STEP_MS, nowMs - lookedAtMs);
        lookedAtMs = nowMs;
        if (anyRead || anyFromTheFuture) {
            if (!anyRead) {
                newestMs = Math.max(newestMs, System.currentTimeMillis());
            }
            quietMs = 0;
            anyRead = anyFromTheFuture = false;
        }
        if (newestMs != NEVER) {
            output.emitWatermark(new Watermark(newestMs + Math.max(0, quietMs - UNDERWAY.toMillis())));
        }
        if (quietMs >= idleAfterMs) {
            output.markIdle();
        }
    }
}
