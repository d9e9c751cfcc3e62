// Makes one value of a wire type at an edge.
package ottla.golden;

import java.nio.ByteBuffer;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.MemoryRecords;

final class Values {
  /** One, two and three bytes of UTF-8 and their ends; what JSON has to escape. Then the same with four. */
  private static final String[] TEXTS = {"topic-1", "\n\"\\/\b\f\r\t\u0000\u001f\u007f", "\u0080\u07ff\u0800\uffff", "\ud7ff\ue000\ufffd\ufeff", "a"};
  private static final String[] WIDE_TEXTS = {"\u00e4\u20ac\ud83d\udc1f", "\ud800\udc00\udbff\udfff"};
  private static final double[] REALS = {0.1, 1e300, -1e-300, 5e-324, 3, 1e17, Double.NaN, -Double.MIN_NORMAL, 1.0 / 3};
  private static final int HUGE_TEXT = Short.MAX_VALUE, HUGE_BYTES = 70_000;

  private final Random random;
  private int texts = 0, reals = 0;
  private boolean hugeText, hugeBytes;

  Values(Random random) {
    this.random = random;
  }

  void startMessage(boolean large) {
    hugeText = hugeBytes = large;
  }

  Object make(Class<?> type, String kind, Edge edge) {
    switch (kind) {
      case "bool": return edge == Edge.HIGH;
      case "int8": return (byte) integer(edge, Byte.MIN_VALUE, Byte.MAX_VALUE);
      case "int16": return (short) integer(edge, Short.MIN_VALUE, Short.MAX_VALUE);
      case "uint16": return (int) integer(edge, 0, 0xffff) & 0xffff;
      case "int32": return (int) integer(edge, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case "uint32": return integer(edge, 0, 0xffffffffL) & 0xffffffffL;
      case "int64": return integer(edge, Long.MIN_VALUE, Long.MAX_VALUE);
      case "float64": return real(edge);
      case "string": return text(edge);
      case "uuid": return edge == Edge.ZERO ? Uuid.ZERO_UUID : edge == Edge.HIGH ? new Uuid(-1, -1) : new Uuid(random.nextLong(), random.nextLong());
      case "bytes": return type == ByteBuffer.class ? ByteBuffer.wrap(bytes(edge)) : bytes(edge);
      case "records": return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes(edge)));
      default: throw new IllegalArgumentException("no such type: " + kind);
    }
  }

  byte[] noise(int count) {
    byte[] out = new byte[count];
    random.nextBytes(out);
    return out;
  }

  /** Noise does not compress, and these are checked in. */
  byte[] pattern(int count) {
    byte[] out = new byte[count];
    for (int i = 0; i < count; ++i) out[i] = (byte) (i * 7);
    return out;
  }

  private long integer(Edge edge, long low, long high) {
    return switch (edge) {
      case LOW -> low;
      case HIGH -> high;
      case NEAR -> low < 0 ? -1 : 1;
      case SOME -> random.nextLong();
      default -> 0;
    };
  }

  private double real(Edge edge) {
    return switch (edge) {
      case LOW -> Double.NEGATIVE_INFINITY;
      case HIGH -> Double.POSITIVE_INFINITY;
      case NEAR -> -0.0;
      case SOME -> REALS[reals++ % REALS.length];
      default -> 0;
    };
  }

  private String text(Edge edge) {
    if (hugeText) {
      hugeText = false;
      return "z".repeat(HUGE_TEXT);
    }
    if (edge == Edge.WIDE) return WIDE_TEXTS[texts++ % WIDE_TEXTS.length];
    return edge == Edge.SOME ? TEXTS[texts++ % TEXTS.length] : edge == Edge.LONG ? "x".repeat(127 + random.nextInt(2)) : "";
  }

  private byte[] bytes(Edge edge) {
    if (hugeBytes) {
      hugeBytes = false;
      return pattern(HUGE_BYTES);
    }
    return edge == Edge.SOME ? noise(1 + random.nextInt(7)) : edge == Edge.LONG ? pattern(127 + random.nextInt(2)) : new byte[0];
  }
}
