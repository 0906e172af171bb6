package liftstream.flink;

import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaSinkBuilder;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.util.Collector;

/** Predictions and lines of the side output on their way to Kafka. */
public final class Answers {
    private static final LogicalType BYTES = new VarBinaryType(VarBinaryType.MAX_LENGTH);

    /** What Python decided: whether it goes aside, key and value; a pair without a score has a second line. */
    private static final RowType DECIDED = RowType.of(
            new LogicalType[] {new BooleanType(), BYTES, BYTES, BYTES, BYTES},
            new String[] {"aside", "k", "v", "other_k", "other_v"});

    private static final RowType LINE =
            RowType.of(new LogicalType[] {new BooleanType(), BYTES, BYTES}, new String[] {"aside", "k", "v"});

    private Answers() {}

    /**
     * Adds the sink to the job.
     *
     * @param properties of the producer
     * @param transactions a prefix for transactions that no other job has, or null: at least once
     */
    public static void write(
            StreamTableEnvironment tables,
            Table decided,
            Map<String, String> properties,
            String predictions,
            String sideOutput,
            String transactions) {
        DataType type = TypeConversions.fromLogicalToDataType(DECIDED).bridgedTo(RowData.class);
        DataStream<RowData> lines = tables.<RowData>toDataStream(decided, type)
                .flatMap((FlatMapFunction<RowData, RowData>) Answers::flatten)
                .returns(InternalTypeInfo.of(LINE))
                .name("lines")
                .uid("lines");
        lines.sinkTo(sink(properties, predictions, sideOutput, transactions)).name("answers").uid("answers");
    }

    private static void flatten(RowData row, Collector<RowData> out) {
        out.collect(GenericRowData.of(row.getBoolean(0), Half.bytes(row, 1), Half.bytes(row, 2)));
        if (!row.isNullAt(4)) {
            out.collect(GenericRowData.of(row.getBoolean(0), Half.bytes(row, 3), Half.bytes(row, 4)));
        }
    }

    private static KafkaSink<RowData> sink(
            Map<String, String> properties, String predictions, String sideOutput, String transactions) {
        Properties producer = new Properties();
        producer.putAll(properties);
        KafkaRecordSerializationSchema<RowData> form = (row, context, timestampMs) -> new ProducerRecord<>(
                row.getBoolean(0) ? sideOutput : predictions, Half.bytes(row, 1), Half.bytes(row, 2));
        KafkaSinkBuilder<RowData> builder = KafkaSink.<RowData>builder()
                .setKafkaProducerConfig(producer)
                .setRecordSerializer(form)
                .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE);
        if (transactions != null) {
            builder.setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE).setTransactionalIdPrefix(transactions);
        }
        return builder.build();
    }
}
