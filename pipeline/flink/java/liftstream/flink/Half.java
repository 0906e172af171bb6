package liftstream.flink;

import java.util.Arrays;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;

/** The columns in which a record of one of the two topics travels. */
final class Half {
    static final int SIDE = 0;
    static final int PARTITION = 1;
    static final int OFFSET = 2;
    /** The record's own event time, in ms: what matching goes by. */
    static final int STAMP = 3;
    /** The event time as of which it counts, in ms: a record from the future counts as of when it was read. */
    static final int COUNTED = 4;
    static final int KEY = 5;
    static final int VALUE = 6;
    /** What Python read: a one, the uuid in eight bytes and the features; or a zero and what is wrong with the record. */
    static final int SAID = 7;

    static final int DEMOGRAPHIC = 0;
    static final int HISTORIC = 1;

    private static final LogicalType BYTES = new VarBinaryType(VarBinaryType.MAX_LENGTH);
    private static final String[] NAMES = {"side", "part", "off", "stamp", "counted", "k", "v", "said"};
    private static final LogicalType[] TYPES = {
        new IntType(), new IntType(), new BigIntType(), new BigIntType(), new BigIntType(), BYTES, BYTES, BYTES
    };

    private Half() {}

    /** As read from Kafka. */
    static RowType asRead() {
        return columns(SAID);
    }

    /** With what it says. */
    static RowType asDecoded() {
        return columns(SAID + 1);
    }

    /** The same half, counting as of another time. */
    static RowData countedAs(RowData half, long countedMs) {
        return GenericRowData.of(
                half.getInt(SIDE),
                half.getInt(PARTITION),
                half.getLong(OFFSET),
                half.getLong(STAMP),
                countedMs,
                bytes(half, KEY),
                bytes(half, VALUE),
                bytes(half, SAID));
    }

    /** A column of bytes, or null. */
    static byte[] bytes(RowData half, int column) {
        return half.isNullAt(column) ? null : half.getBinary(column);
    }

    private static RowType columns(int count) {
        return RowType.of(Arrays.copyOf(TYPES, count), Arrays.copyOf(NAMES, count));
    }
}
