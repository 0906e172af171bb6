package liftstream.flink;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;

/** What leaves the join: a reason, which pairs have not, and of either side where it stands, its bytes and what it says. */
final class Outcome {
    static final RowType TYPE = type();

    /** Columns of a side. */
    private static final int WIDTH = 6;

    private Outcome() {}

    static RowData pair(RowData demographic, RowData historic) {
        GenericRowData row = empty();
        fill(row, demographic);
        fill(row, historic);
        return row;
    }

    static RowData alone(RowData half, String reason) {
        GenericRowData row = empty();
        row.setField(0, StringData.fromString(reason));
        fill(row, half);
        return row;
    }

    /** Zeros where a side is missing: numbers with nulls would reach Python as floats. */
    private static GenericRowData empty() {
        return GenericRowData.of(null, 0, 0L, 0L, null, null, null, 0, 0L, 0L, null, null, null);
    }

    private static void fill(GenericRowData row, RowData half) {
        int at = 1 + WIDTH * half.getInt(Half.SIDE);
        row.setField(at, half.getInt(Half.PARTITION));
        row.setField(at + 1, half.getLong(Half.OFFSET));
        row.setField(at + 2, half.getLong(Half.STAMP));
        row.setField(at + 3, Half.bytes(half, Half.KEY));
        row.setField(at + 4, Half.bytes(half, Half.VALUE));
        row.setField(at + 5, Half.bytes(half, Half.SAID));
    }

    private static RowType type() {
        LogicalType binary = new VarBinaryType(VarBinaryType.MAX_LENGTH);
        List<RowType.RowField> fields = new ArrayList<>();
        fields.add(new RowType.RowField("reason", new VarCharType(VarCharType.MAX_LENGTH)));
        for (String side : List.of("d_", "h_")) {
            fields.add(new RowType.RowField(side + "part", new IntType()));
            fields.add(new RowType.RowField(side + "off", new BigIntType()));
            fields.add(new RowType.RowField(side + "stamp", new BigIntType()));
            fields.add(new RowType.RowField(side + "k", binary));
            fields.add(new RowType.RowField(side + "v", binary));
            fields.add(new RowType.RowField(side + "said", binary));
        }
        return new RowType(fields);
    }
}
