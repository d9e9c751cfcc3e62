// What the official readers see in bytes, as one line of JSON in the form that `ottla wire records` answers with.
package ottla.golden;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;

final class Describe {
    private static final HexFormat HEX = HexFormat.of();

    static String answer(byte[] bytes) {
        try {
            List<String> batches = new ArrayList<>();
            int used = 0;
            MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
            for (MutableRecordBatch batch : records.batches()) {
                batches.add(batch(batch));
                used += batch.sizeInBytes();
            }
            String trailing = used < bytes.length ? ",\"trailingBytes\":" + (bytes.length - used) : "";
            return "{\"batches\":[" + String.join(",", batches) + "]" + trailing + "}";
        } catch (RuntimeException error) {
            return "{\"error\":" + string(error.toString()) + "}";
        }
    }

    private static String batch(MutableRecordBatch batch) {
        batch.ensureValid();
        StringBuilder out = new StringBuilder("{\"baseOffset\":").append(batch.baseOffset());
        out.append(",\"magic\":").append(batch.magic());
        out.append(",\"codec\":\"").append(batch.compressionType().name).append('"');
        out.append(",\"timestampType\":\"").append(name(batch.timestampType())).append('"');
        if (batch instanceof DefaultRecordBatch) {
            out.append(",\"partitionLeaderEpoch\":").append(batch.partitionLeaderEpoch());
            out.append(",\"transactional\":").append(batch.isTransactional());
            out.append(",\"control\":").append(batch.isControlBatch());
            out.append(",\"producerId\":").append(batch.producerId());
            out.append(",\"producerEpoch\":").append(batch.producerEpoch());
            out.append(",\"baseSequence\":").append(batch.baseSequence());
            out.append(",\"lastOffsetDelta\":").append(batch.lastOffset() - batch.baseOffset());
            out.append(",\"baseTimestamp\":").append(((DefaultRecordBatch) batch).baseTimestamp());
            out.append(",\"maxTimestamp\":").append(batch.maxTimestamp());
        }
        List<String> records = new ArrayList<>();
        for (Record record : batch) {
            record.ensureValid();
            records.add(record(record));
        }
        return out.append(",\"records\":[").append(String.join(",", records)).append("]}").toString();
    }

    private static String record(Record record) {
        List<String> headers = new ArrayList<>();
        for (Header header : record.headers()) {
            byte[] value = header.value();
            headers.add("[" + string(header.key()) + "," + (value == null ? "null" : "\"" + HEX.formatHex(value) + "\"") + "]");
        }
        return "{\"offset\":" + record.offset() + ",\"timestamp\":" + record.timestamp() + ",\"key\":" + bytes(record.key())
            + ",\"value\":" + bytes(record.value()) + ",\"headers\":[" + String.join(",", headers) + "]}";
    }

    private static String name(TimestampType type) {
        switch (type) {
            case CREATE_TIME: return "create";
            case LOG_APPEND_TIME: return "append";
            default: return "none";
        }
    }

    private static String bytes(ByteBuffer buffer) {
        if (buffer == null) return "null";
        byte[] copy = new byte[buffer.remaining()];
        buffer.duplicate().get(copy);
        return "\"" + HEX.formatHex(copy) + "\"";
    }

    static String string(String text) {
        StringBuilder out = new StringBuilder("\"");
        text.chars().forEach(c -> {
            if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') out.append(String.format("\\u%04x", c));
            else out.append((char) c);
        });
        return out.append('"').toString();
    }
}
