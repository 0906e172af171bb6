package liftstream.flink;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

/**
 * Runs {@link Pairing} over logs from standard input, without Flink: a line a fetch, {@code side uuid:stamp:offset ...}; a line
 * {@code end} closes a log. What becomes of each record goes to standard output.
 */
public final class PairingOnLogs implements Pairing.Leaving {
    private static final int UUID_IN_KEY = Half.PARTITION;

    private final Map<Integer, List<RowData>> waiting = new TreeMap<>();
    private final long[] newest = {Long.MIN_VALUE, Long.MIN_VALUE};
    private final Pairing pairing;
    private long nowMs = Long.MIN_VALUE;

    private PairingOnLogs(long windowMs) {
        pairing = new Pairing(windowMs, 0);
    }

    public static void main(String[] arguments) throws IOException {
        long windowMs = Long.parseLong(arguments[0]);
        PairingOnLogs run = new PairingOnLogs(windowMs);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            if (line.equals("end")) {
                System.out.println("end");
                run = new PairingOnLogs(windowMs);
            } else {
                run.fetch(line.split(" "));
            }
        }
    }

    private void fetch(String[] words) {
        int side = Integer.parseInt(words[0]);
        for (int at = 1; at < words.length; at++) {
            String[] parts = words[at].split(":");
            long stamp = Long.parseLong(parts[1]);
            RowData half = GenericRowData.of(
                    side, Integer.parseInt(parts[0]), Long.parseLong(parts[2]), stamp, stamp, null, null, null);
            newest[side] = Math.max(newest[side], stamp);
            pairing.take(waiting.computeIfAbsent(half.getInt(UUID_IN_KEY), key -> new ArrayList<>()), half, nowMs, nowMs, this);
        }
        nowMs = Math.max(nowMs, Math.min(newest[0], newest[1]));
        waiting.values().forEach(halves -> pairing.giveUp(halves, nowMs, this));
    }

    @Override
    public void pair(RowData demographic, RowData historic) {
        System.out.println("pair " + demographic.getLong(Half.OFFSET) + " " + historic.getLong(Half.OFFSET));
    }

    @Override
    public void alone(RowData half, Pairing.Reason reason) {
        System.out.println(reason.name().toLowerCase() + " " + half.getInt(Half.SIDE) + " " + half.getLong(Half.OFFSET));
    }
}
