// Makes batches with the official builders: every codec, magic and kind of batch that a log can hold.
package ottla.golden;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.KRaftVersionRecord;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.message.SnapshotFooterRecord;
import org.apache.kafka.common.message.SnapshotHeaderRecord;
import org.apache.kafka.common.message.VotersRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.BufferSupplier;

final class Batches {
    private static final long NOW = 1_700_000_000_000L;
    private final Random random;
    private final Map<String, byte[]> made = new LinkedHashMap<>();

    private Batches(long seed) {
        random = new Random(seed);
    }

    static Map<String, byte[]> all(long seed) {
        Batches batches = new Batches(seed);
        batches.current();
        batches.levels();
        batches.large();
        batches.control();
        batches.compacted();
        batches.old();
        batches.several();
        return batches.made;
    }

    private void current() {
        for (CompressionType type : CompressionType.values()) {
            Compression codec = Compression.of(type).build();
            for (TimestampType time : List.of(TimestampType.CREATE_TIME, TimestampType.LOG_APPEND_TIME)) {
                add(type.name + " " + time.name + " plain", builder((byte) 2, codec, time, 0, -1, -1, -1, false), 0);
                add(type.name + " " + time.name + " idempotent", builder((byte) 2, codec, time, 1L << 40, 9000, 3, 2147483640, false), 3);
                add(type.name + " " + time.name + " transactional", builder((byte) 2, codec, time, 77, Long.MAX_VALUE, 32767, 0, true), 0);
            }
        }
    }

    private void levels() {
        made.put("gzip 1", close(fill(builder(Compression.gzip().level(1).build()), 20, 1)));
        made.put("gzip 9", close(fill(builder(Compression.gzip().level(9).build()), 20, 1)));
        made.put("lz4 17", close(fill(builder(Compression.lz4().level(17).build()), 20, 1)));
        made.put("zstd -50", close(fill(builder(Compression.zstd().level(-50).build()), 20, 1)));
        made.put("zstd 22", close(fill(builder(Compression.zstd().level(22).build()), 20, 1)));
    }

    // Beyond one snappy chunk (32 KiB), one lz4 block (64 KiB) and one zstd block (128 KiB).
    private void large() {
        byte[] value = new byte[300_000];
        for (int i = 0; i < value.length; i++) value[i] = (byte) ("letters to Felice ".charAt(i % 18) + (i % 5000 == 0 ? 1 : 0));
        for (CompressionType type : CompressionType.values()) {
            if (type == CompressionType.NONE) continue;
            MemoryRecordsBuilder builder = builder(Compression.of(type).build());
            builder.append(NOW, null, value);
            builder.append(NOW, value, null);
            made.put(type.name + " large", close(builder));
        }
    }

    private void control() {
        for (ControlRecordType type : List.of(ControlRecordType.COMMIT, ControlRecordType.ABORT)) {
            made.put("marker " + type, bytes(MemoryRecords.withEndTransactionMarker(
                40, NOW, 5, 9000, (short) 3, new EndTransactionMarker(type, 12))));
        }
        made.put("leader change", bytes(MemoryRecords.withLeaderChangeMessage(
            9, NOW, 4, ByteBuffer.allocate(200), new LeaderChangeMessage().setVersion((short) 0).setLeaderId(2))));
        made.put("snapshot header", bytes(MemoryRecords.withSnapshotHeaderRecord(
            0, NOW, 4, ByteBuffer.allocate(200), new SnapshotHeaderRecord().setLastContainedLogTimestamp(NOW - 1))));
        made.put("snapshot footer", bytes(MemoryRecords.withSnapshotFooterRecord(10, NOW, 4, ByteBuffer.allocate(200), new SnapshotFooterRecord())));
        made.put("kraft version", bytes(MemoryRecords.withKRaftVersionRecord(
            11, NOW, 4, ByteBuffer.allocate(200), new KRaftVersionRecord().setKRaftVersion((short) 1))));
        made.put("voters", bytes(MemoryRecords.withVotersRecord(12, NOW, 4, ByteBuffer.allocate(400),
            new VotersRecord().setVoters(List.of(new VotersRecord.Voter().setVoterId(3).setVoterDirectoryId(new Uuid(1, 2)))))));
    }

    private void compacted() {
        ByteBuffer empty = ByteBuffer.allocate(61);
        DefaultRecordBatch.writeEmptyHeader(empty, (byte) 2, 9000, (short) 1, 17, 100, 108, 6, TimestampType.CREATE_TIME, NOW, true, false);
        made.put("emptied", bytes(empty));
        for (CompressionType type : List.of(CompressionType.NONE, CompressionType.GZIP, CompressionType.LZ4)) {
            byte[] full = close(fill(builder((byte) 2, Compression.of(type).build(), TimestampType.CREATE_TIME, 500, 9000, 1, 5, false), 9, 2));
            made.put(type.name + " with gaps", filtered(full, 0));
            made.put(type.name + " with gaps and delete horizon", filtered(full, 1));
            made.put(type.name + " emptied by compaction", filtered(full, 2));
            for (byte magic = 0; magic < 2; magic++) {
                byte[] old = close(fill(builder(magic, Compression.of(type).build(), TimestampType.CREATE_TIME, 500, -1, -1, -1, false), 9, 2));
                made.put("magic " + magic + " " + type.name + " with gaps", filtered(old, 0));
            }
        }
    }

    private void old() {
        for (byte magic = 0; magic < 2; magic++) {
            for (CompressionType type : List.of(CompressionType.NONE, CompressionType.GZIP, CompressionType.SNAPPY, CompressionType.LZ4)) {
                Compression codec = Compression.of(type).build();
                for (TimestampType time : List.of(TimestampType.CREATE_TIME, TimestampType.LOG_APPEND_TIME)) {
                    if (magic == 0 && time == TimestampType.LOG_APPEND_TIME) continue;
                    String name = "magic " + magic + " " + type.name + " " + time.name;
                    made.put(name + " one", close(fill(builder(magic, codec, time, 0, -1, -1, -1, false), 1, 0)));
                    made.put(name + " many", close(fill(builder(magic, codec, time, 1L << 33, -1, -1, -1, false), 7, 3)));
                }
                MemoryRecordsBuilder large = builder(magic, codec, magic == 0 ? TimestampType.NO_TIMESTAMP_TYPE : TimestampType.CREATE_TIME, 3, -1, -1, -1, false);
                large.append(NOW, null, new byte[100_000]);
                if (type != CompressionType.NONE) made.put("magic " + magic + " " + type.name + " large", close(large));
            }
        }
    }

    private void several() {
        made.put("nothing", new byte[0]);
        byte[] all = concat(made.get("none CreateTime plain"), made.get("magic 0 gzip CreateTime many"), made.get("zstd CreateTime idempotent"),
            made.get("emptied"), made.get("marker COMMIT"), made.get("magic 1 lz4 CreateTime many"), made.get("snappy CreateTime plain"));
        made.put("seven batches", all);
        for (int cut : new int[] {1, 11, 12, 16, 17, 60, 61}) {
            byte[] part = new byte[cut];
            System.arraycopy(made.get("none CreateTime plain"), 0, part, 0, cut);
            made.put("a part of " + cut + " bytes", concat(made.get("gzip CreateTime plain"), part));
        }
    }

    private void add(String name, MemoryRecordsBuilder builder, int offsetStep) {
        made.put(name, close(fill(builder, 6, offsetStep)));
    }

    private static MemoryRecordsBuilder builder(Compression codec) {
        return builder((byte) 2, codec, TimestampType.CREATE_TIME, 0, -1, -1, -1, false);
    }

    private static MemoryRecordsBuilder builder(byte magic, Compression codec, TimestampType time, long baseOffset, long producerId,
                                                int producerEpoch, int baseSequence, boolean transactional) {
        TimestampType type = magic == 0 ? TimestampType.NO_TIMESTAMP_TYPE : time;
        long appendTime = type == TimestampType.LOG_APPEND_TIME ? NOW + 12345 : RecordBatch.NO_TIMESTAMP;
        return new MemoryRecordsBuilder(ByteBuffer.allocate(1 << 16), magic, codec, type, baseOffset, appendTime, producerId,
            (short) producerEpoch, baseSequence, transactional, false, transactional ? 8 : -1, 1 << 16);
    }

    // Records of every shape: null, empty and full keys and values; times that go back; headers, from magic 2 on.
    private MemoryRecordsBuilder fill(MemoryRecordsBuilder builder, int count, int offsetStep) {
        byte[][] contents = {text("k"), null, new byte[0], text("key-%d", count), noise(70), text("a value that repeats a value that repeats")};
        long first = firstOffset(builder);
        for (int i = 0; i < count; i++) {
            long time = builder.magic() == 0 ? RecordBatch.NO_TIMESTAMP : NOW + new long[] {0, 5, -3, 70_000, 1L << 35, 1}[i % 6];
            Header[] headers = builder.magic() < 2 || i % 2 == 1 ? Record.EMPTY_HEADERS : headers(i);
            builder.appendWithOffset(first + (long) i * (offsetStep + 1), time, contents[i % 6], contents[(i + i / 6 + 1) % 6], headers);
        }
        return builder;
    }

    private static long firstOffset(MemoryRecordsBuilder builder) {
        try {
            java.lang.reflect.Field field = MemoryRecordsBuilder.class.getDeclaredField("baseOffset");
            field.setAccessible(true);
            return field.getLong(builder);
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
    }

    private Header[] headers(int i) {
        return new Header[] {new RecordHeader("trace", noise(8)), new RecordHeader("", new byte[0]), new RecordHeader("none", (byte[]) null),
            new RecordHeader("trace", text("again %d", i)), new RecordHeader("gr\u00fc\u00dfe \u20ac \ud83d\ude00 \"q\" \\ \n", noise(1))};
    }

    private byte[] noise(int size) {
        byte[] out = new byte[size];
        random.nextBytes(out);
        return out;
    }

    private static byte[] text(String format, Object... values) {
        return String.format(format, values).getBytes(StandardCharsets.UTF_8);
    }

    // Compaction: keeps every second record; with `mode` 1 sets a delete horizon, with 2 keeps none and the batch.
    private static byte[] filtered(byte[] in, int mode) {
        long deleteRetention = mode == 1 ? 5000 : 0;
        MemoryRecords.RecordFilter filter = new MemoryRecords.RecordFilter(mode == 1 ? NOW : RecordBatch.NO_TIMESTAMP, deleteRetention) {
            private int seen = 0;

            @Override
            protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
                return new BatchRetentionResult(mode == 2 ? BatchRetention.RETAIN_EMPTY : BatchRetention.DELETE_EMPTY, mode == 1);
            }

            @Override
            protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
                return mode != 2 && seen++ % 2 == 0;
            }
        };
        ByteBuffer out = ByteBuffer.allocate(1 << 16);
        MemoryRecords.FilterResult result = MemoryRecords.readableRecords(ByteBuffer.wrap(in)).filterTo(filter, out, BufferSupplier.NO_CACHING);
        return bytes(result.outputBuffer());
    }

    private static byte[] close(MemoryRecordsBuilder builder) {
        return bytes(builder.build());
    }

    private static byte[] bytes(MemoryRecords records) {
        ByteBuffer view = records.buffer().duplicate();
        byte[] out = new byte[view.remaining()];
        view.get(out);
        return out;
    }

    private static byte[] bytes(ByteBuffer written) {
        ByteBuffer view = written.duplicate();
        view.flip();
        byte[] out = new byte[view.remaining()];
        view.get(out);
        return out;
    }

    static byte[] concat(byte[]... parts) {
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) out.writeBytes(part);
        return out.toByteArray();
    }
}
