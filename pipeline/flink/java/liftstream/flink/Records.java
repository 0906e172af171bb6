package liftstream.flink;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.util.Collector;

/** Both topics as one source of records as they are, with the time of {@link PartitionWatermark}. */
public final class Records implements KafkaRecordDeserializationSchema<RowData> {
    private final String demographic;

    private Records(String demographic) {
        this.demographic = demographic;
    }

    /**
     * A table of {@link Half#asRead()} and the event time.
     *
     * @param properties of the consumer
     * @param start {@code EARLIEST} or {@code LATEST}, for a group without commits
     */
    public static Table read(
            StreamExecutionEnvironment environment,
            StreamTableEnvironment tables,
            Map<String, String> properties,
            String demographic,
            String historic,
            String start,
            long windowMs,
            long driftMs) {
        Properties consumer = new Properties();
        consumer.putAll(properties);
        KafkaSource<RowData> source = KafkaSource.<RowData>builder()
                .setTopics(List.of(demographic, historic))
                .setProperties(consumer)
                .setStartingOffsets(OffsetsInitializer.committedOffsets(OffsetResetStrategy.valueOf(start)))
                .setDeserializer(new Records(demographic))
                .build();
        DataStream<RowData> records = environment
                .fromSource(source, PartitionWatermark.of(Duration.ofMillis(windowMs), Duration.ofMillis(driftMs)), "records")
                .uid("records");
        return tables.fromDataStream(
                records,
                Schema.newBuilder()
                        .columnByMetadata("event_time", "TIMESTAMP_LTZ(3)", "rowtime", true)
                        .watermark("event_time", "SOURCE_WATERMARK()")
                        .build());
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<RowData> out) {
        int side = record.topic().equals(demographic) ? Half.DEMOGRAPHIC : Half.HISTORIC;
        long stampMs = record.timestamp();
        long countedMs = Math.min(stampMs, System.currentTimeMillis());
        out.collect(GenericRowData.of(
                side, record.partition(), record.offset(), stampMs, countedMs, record.key(), record.value()));
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return InternalTypeInfo.of(Half.asRead());
    }
}
