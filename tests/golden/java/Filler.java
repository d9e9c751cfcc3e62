// Fills an official message object, by reflection, so that every field meets all its edges within few rounds.
package ottla.golden;

import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.RawTaggedField;

/** One per message and version: it remembers which edges are still to come. */
final class Filler {
  /** How a message is filled. EDGES takes the edges that did not have their turn yet; LARGE makes the first text and bytes huge. */
  enum Style { LEAST, EDGES, RANDOM, UNKNOWN_TAGS, LARGE }

  private final Definition one;
  private final int version;
  private final Random random;
  private final Values values;
  private final Map<String, Deque<Edge>> open = new TreeMap<>();
  private Style style;

  Filler(Definition one, int version, long seed) {
    this.one = one;
    this.version = version;
    this.random = new Random(seed);
    this.values = new Values(random);
    plan("", one.fields);
  }

  /** Every field of the version has been written with every edge it has. */
  boolean finished() {
    return open.values().stream().allMatch(Deque::isEmpty);
  }

  void fill(Object target, Style how) throws ReflectiveOperationException {
    style = how;
    values.startMessage(how == Style.LARGE);
    fill(target, one.fields, "", 1);
  }

  private void plan(String path, List<Definition.Field> fields) {
    for (Definition.Field field : fields) {
      if (!field.versions().has(version)) continue;
      String name = path + "." + field.name();
      List<Edge> edges = Edge.of(field, version);
      Collections.rotate(edges, name.hashCode());
      open.put(name, new ArrayDeque<>(edges));
      if (field.isStruct()) plan(name, field.inner());
    }
  }

  private Edge choose(Definition.Field field, String path) {
    List<Edge> edges = Edge.of(field, version);
    if (style == Style.LEAST) return edges.contains(Edge.NULL) && random.nextBoolean() ? Edge.NULL : Edge.least(field);
    if (style == Style.UNKNOWN_TAGS || style == Style.LARGE) edges.removeIf(Edge::hides);
    Edge chosen = edges.get(random.nextInt(edges.size()));
    if (style != Style.EDGES) return chosen;
    boolean innerOpen = open.entrySet().stream().anyMatch(e -> e.getKey().startsWith(path + ".") && !e.getValue().isEmpty());
    if (innerOpen) chosen = Edge.SOME;
    else if (!open.get(path).isEmpty()) chosen = open.get(path).peek();
    open.get(path).remove(chosen);
    return chosen;
  }

  private void fill(Object target, List<Definition.Field> fields, String path, int depth) throws ReflectiveOperationException {
    for (Definition.Field field : fields) {
      if (!field.versions().has(version)) continue;
      String name = path + "." + field.name();
      Edge edge = choose(field, name);
      if (edge == Edge.ABSENT) continue;
      Method setter = setter(target, field.setter());
      Class<?> type = setter.getParameterTypes()[0];
      if (edge == Edge.NULL) setter.invoke(target, new Object[] {null});
      else if (field.isArray()) setter.invoke(target, array(setter, type, field, edge, name, depth));
      else setter.invoke(target, value(type, field, edge, name, depth));
    }
    if (style == Style.UNKNOWN_TAGS) addUnknownTags((Message) target, depth);
  }

  /** Above every tag that a definition knows: official writers put no unknown tag below a known one. */
  private void addUnknownTags(Message target, int depth) {
    List<RawTaggedField> tags = target.unknownTaggedFields();
    tags.add(new RawTaggedField(100 + random.nextInt(100), values.noise(random.nextInt(5))));
    if (random.nextBoolean()) tags.add(new RawTaggedField(20000 + random.nextInt(1000), values.pattern(random.nextInt(200))));
    if (depth == 1) tags.add(new RawTaggedField(Integer.MAX_VALUE - 1, new byte[0]));
  }

  private static Method setter(Object target, String name) throws NoSuchMethodException {
    for (Method method : target.getClass().getMethods())
      if (method.getName().equals(name) && method.getParameterCount() == 1) return method;
    throw new NoSuchMethodException(target.getClass() + "." + name);
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private Object array(Method setter, Class<?> type, Definition.Field field, Edge edge, String path, int depth) throws ReflectiveOperationException {
    Collection out = type == List.class ? new ArrayList<>() : (Collection) type.getConstructor().newInstance();
    int count = edge == Edge.EMPTY || edge == Edge.ZERO ? 0 : edge == Edge.LONG ? 130 : depth > 2 ? 2 : 3;
    Class<?> element = elementType(setter, type, field);
    List<Edge> edges = Edge.ofElement(field);
    int first = random.nextInt(edges.size());
    // A long one has each edge and repeats one: what is checked in has to stay small.
    for (int i = 0; i < count; ++i) out.add(value(element, field, edges.get((i < edges.size() ? first + i : 0) % edges.size()), path, depth));
    return out;
  }

  private static Class<?> elementType(Method setter, Class<?> type, Definition.Field field) throws ReflectiveOperationException {
    if (type == List.class) return (Class<?>) ((ParameterizedType) setter.getGenericParameterTypes()[0]).getActualTypeArguments()[0];
    String outer = type.getName().substring(0, type.getName().indexOf('$'));
    return Class.forName(outer + "$" + field.element());
  }

  private Object value(Class<?> type, Definition.Field field, Edge edge, String path, int depth) throws ReflectiveOperationException {
    if (!field.isStruct()) return values.make(type, field.element(), edge);
    Object struct = type.getConstructor().newInstance();
    fill(struct, field.inner(), path, depth + 1);
    return struct;
  }
}
