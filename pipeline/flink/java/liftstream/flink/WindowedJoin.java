package liftstream.flink;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.util.Collector;

/** The windowed join of both topics by uuid: {@link Pairing} over Flink's state, with a timer for every half that waits. */
public final class WindowedJoin extends KeyedProcessFunction<Long, RowData, RowData> {
    private final long windowMs;
    private final long latenessMs;
    private transient Pairing pairing;
    private transient ReadWatermark read;
    private transient ListState<RowData> waiting;
    private transient Counter joined;
    private transient Map<Pairing.Reason, Counter> aside;

    private WindowedJoin(long windowMs, long latenessMs) {
        this.windowMs = windowMs;
        this.latenessMs = latenessMs;
    }

    /** Decoded halves ({@link Half#asDecoded()}) into outcomes ({@link Outcome#TYPE}). */
    public static Table join(StreamTableEnvironment tables, Table halves, long windowMs, long latenessMs) {
        DataType half = TypeConversions.fromLogicalToDataType(Half.asDecoded()).bridgedTo(RowData.class);
        DataStream<RowData> outcomes = tables.<RowData>toDataStream(halves, half)
                .keyBy(WindowedJoin::uuid, Types.LONG)
                .process(new WindowedJoin(windowMs, latenessMs))
                .returns(InternalTypeInfo.of(Outcome.TYPE))
                .name("join")
                .uid("join");
        return tables.fromDataStream(outcomes);
    }

    @Override
    public void open(OpenContext context) {
        pairing = new Pairing(windowMs, latenessMs);
        read = new ReadWatermark();
        waiting = getRuntimeContext().getListState(new ListStateDescriptor<>("waiting", InternalTypeInfo.of(Half.asDecoded())));
        MetricGroup metrics = getRuntimeContext().getMetricGroup();
        joined = metrics.counter("joined");
        aside = new EnumMap<>(Pairing.Reason.class);
        for (Pairing.Reason reason : Pairing.Reason.values()) {
            aside.put(reason, metrics.counter("aside_" + word(reason)));
        }
    }

    @Override
    public void processElement(RowData mine, Context context, Collector<RowData> out) throws Exception {
        Pairing.Leaving leaving = leaving(out);
        if (!isReadable(mine)) {
            leaving.alone(mine, Pairing.Reason.INVALID);
            return;
        }
        List<RowData> halves = all();
        long nowMs = context.timerService().currentWatermark();
        RowData partner = pairing.take(halves, mine, read.nowMs(nowMs), nowMs, leaving);
        read.note(mine);
        keep(halves);
        if (partner != null) {
            context.timerService().deleteEventTimeTimer(pairing.overAtMs(partner));
        }
        for (RowData one : halves) { // of those that wait already, it is there: nothing happens
            context.timerService().registerEventTimeTimer(pairing.overAtMs(one));
        }
    }

    @Override
    public void onTimer(long timeMs, OnTimerContext context, Collector<RowData> out) throws Exception {
        List<RowData> halves = all();
        if (pairing.giveUp(halves, timeMs, leaving(out))) {
            keep(halves);
        }
    }

    private Pairing.Leaving leaving(Collector<RowData> out) {
        return new Pairing.Leaving() {
            @Override
            public void pair(RowData demographic, RowData historic) {
                joined.inc();
                out.collect(Outcome.pair(demographic, historic));
            }

            @Override
            public void alone(RowData half, Pairing.Reason reason) {
                aside.get(reason).inc();
                out.collect(Outcome.alone(half, word(reason)));
            }
        };
    }

    /** Records that say nothing leave at once, wherever they come: any key will do. */
    private static long uuid(RowData half) {
        return isReadable(half)
                ? ByteBuffer.wrap(half.getBinary(Half.SAID), 1, Long.BYTES).getLong()
                : half.getLong(Half.OFFSET);
    }

    private static boolean isReadable(RowData half) {
        return half.getBinary(Half.SAID)[0] == 1;
    }

    private static String word(Pairing.Reason reason) {
        return reason.name().toLowerCase(Locale.ROOT);
    }

    private List<RowData> all() throws Exception {
        List<RowData> found = new ArrayList<>(2);
        Iterable<RowData> state = waiting.get();
        if (state != null) {
            state.forEach(found::add);
        }
        return found;
    }

    private void keep(List<RowData> halves) throws Exception {
        if (halves.isEmpty()) {
            waiting.clear();
        } else {
            waiting.update(halves);
        }
    }
}
