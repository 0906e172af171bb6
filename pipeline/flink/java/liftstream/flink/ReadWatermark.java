package liftstream.flink;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.table.data.RowData;

/**
 * The watermark as far as records show it: what judges who comes late.
 *
 * <p>Flink's own watermark goes on by the seconds that pass where nothing comes. That ends the waiting of halves, but must make
 * nobody late: after a broker was away, what producers had kept meanwhile comes with the timestamps of then.
 */
final class ReadWatermark {
    private final Map<Integer, Long> newestMs = new HashMap<>();
    private long readMs = Long.MIN_VALUE;
    private long judgedAtMs = Long.MIN_VALUE;

    /** Notes a record, after it was judged. */
    void note(RowData half) {
        int partition = 2 * half.getInt(Half.PARTITION) + half.getInt(Half.SIDE);
        newestMs.merge(partition, half.getLong(Half.COUNTED), Math::max);
    }

    /** The smallest over the partitions seen here, never past Flink's own; it moves only when that one does. */
    long nowMs(long watermarkMs) {
        if (watermarkMs != judgedAtMs) {
            long least = newestMs.values().stream().mapToLong(Long::longValue).min().orElse(Long.MIN_VALUE);
            readMs = Math.max(readMs, Math.min(least, watermarkMs));
            judgedAtMs = watermarkMs;
        }
        return readMs;
    }
}
