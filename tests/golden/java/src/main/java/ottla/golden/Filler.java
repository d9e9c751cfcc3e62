// Fills an official message object, by reflection, with what its version can carry.
package ottla.golden;

import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.record.internal.MemoryRecords;

final class Filler {
  /** How a message is filled. */
  enum Style { LEAST, EDGES, RANDOM, UNKNOWN_TAGS }

  private static final String[] TEXTS = {"a", "topic-1", "", "\n\"\\", "\u00e4\u20ac", "\ud83d\udc1f", "x".repeat(127), "y".repeat(300)};

  private final Random random;
  private final Style style;
  private final int version;
  private final boolean flexible;
  private int depth = 0;

  Filler(long seed, Style style, int version, boolean flexible) {
    this.random = new Random(seed);
    this.style = style;
    this.version = version;
    this.flexible = flexible;
  }

  void fill(Object target, List<Definition.Field> fields) throws ReflectiveOperationException {
    ++depth;
    for (Definition.Field field : fields) {
      if (!field.versions().has(version)) continue;
      if (field.tagged() && (style == Style.LEAST || random.nextInt(3) == 0)) continue;
      Method setter = setter(target, field.setter());
      Class<?> type = setter.getParameterTypes()[0];
      boolean mayBeNull = field.nullable().has(version);
      if (mayBeNull && (style == Style.LEAST ? random.nextBoolean() : random.nextInt(4) == 0)) {
        setter.invoke(target, new Object[] {null});
      } else if (field.isArray()) {
        setter.invoke(target, array(setter, type, field));
      } else {
        setter.invoke(target, value(type, field));
      }
    }
    if (flexible && style == Style.UNKNOWN_TAGS && (depth == 1 || random.nextInt(3) == 0)) addUnknownTags((Message) target);
    --depth;
  }

  /** Above every tag that a definition knows: official writers put no unknown tag below a known one. */
  private void addUnknownTags(Message target) {
    List<RawTaggedField> tags = target.unknownTaggedFields();
    tags.add(new RawTaggedField(100 + random.nextInt(100), bytes(random.nextInt(5))));
    if (random.nextBoolean()) tags.add(new RawTaggedField(20000 + random.nextInt(1000), bytes(random.nextInt(200))));
  }

  private static Method setter(Object target, String name) throws NoSuchMethodException {
    for (Method method : target.getClass().getMethods())
      if (method.getName().equals(name) && method.getParameterCount() == 1) return method;
    throw new NoSuchMethodException(target.getClass() + "." + name);
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private Object array(Method setter, Class<?> type, Definition.Field field) throws ReflectiveOperationException {
    Collection out = type == List.class ? new ArrayList<>() : (Collection) type.getConstructor().newInstance();
    int count = style == Style.LEAST ? 0 : depth > 3 ? random.nextInt(2) : !field.isStruct() && random.nextInt(30) == 0 ? 140 : random.nextInt(4);
    for (int i = 0; i < count; ++i) out.add(value(elementType(setter, type, field), field));
    return out;
  }

  private static Class<?> elementType(Method setter, Class<?> type, Definition.Field field) throws ReflectiveOperationException {
    if (type == List.class) return (Class<?>) ((ParameterizedType) setter.getGenericParameterTypes()[0]).getActualTypeArguments()[0];
    String outer = type.getName().substring(0, type.getName().indexOf('$'));
    return Class.forName(outer + "$" + field.element());
  }

  private Object value(Class<?> type, Definition.Field field) throws ReflectiveOperationException {
    switch (field.element()) {
      case "bool": return style != Style.LEAST && random.nextBoolean();
      case "int8": return (byte) integer(Byte.MIN_VALUE, Byte.MAX_VALUE);
      case "int16": return (short) integer(Short.MIN_VALUE, Short.MAX_VALUE);
      case "uint16": return (int) integer(0, 65535) & 0xffff;
      case "int32": return (int) integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
      case "uint32": return integer(0, 0xffffffffL) & 0xffffffffL;
      case "int64": return integer(Long.MIN_VALUE, Long.MAX_VALUE);
      case "float64": return real();
      case "string": return style == Style.LEAST ? "" : TEXTS[random.nextInt(TEXTS.length)];
      case "uuid": return style == Style.LEAST ? Uuid.ZERO_UUID : new Uuid(random.nextLong(), random.nextLong());
      case "bytes": {
        byte[] raw = bytes(style == Style.LEAST ? 0 : random.nextInt(10) == 0 ? 200 : random.nextInt(8));
        return type == ByteBuffer.class ? ByteBuffer.wrap(raw) : raw;
      }
      case "records": return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes(style == Style.LEAST ? 0 : random.nextInt(40))));
      default: {
        Object struct = type.getConstructor().newInstance();
        fill(struct, field.inner());
        return struct;
      }
    }
  }

  private long integer(long low, long high) {
    if (style == Style.LEAST) return 0;
    int choice = random.nextInt(style == Style.EDGES ? 4 : 8);
    return switch (choice) {
      case 0 -> low;
      case 1 -> high;
      case 2 -> low < 0 ? -1 : 1;
      case 3 -> 0;
      default -> random.nextLong();
    };
  }

  private double real() {
    double[] edges = {0.0, -0.0, 0.1, 1e300, -1e-300, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 5e-324, 3};
    return style == Style.LEAST ? 0 : edges[random.nextInt(edges.length)];
  }

  private byte[] bytes(int count) {
    byte[] out = new byte[count];
    random.nextBytes(out);
    return out;
  }
}
