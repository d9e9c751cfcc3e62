// Writes golden vectors as JSON lines: {"api","kind","version","hex","json"}, and "unknown":true where JSON does not show all.
package ottla.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;

public final class MessageVectors {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int MOST_ROUNDS = 60;
  /** Texts of 32767 characters and bytes of 70,000 in their lowest and highest version: enough to meet each path of a codec. */
  private static final Set<String> ALSO_LARGE = Set.of("ProduceRequest", "FetchResponse", "MetadataResponse", "SaslAuthenticateRequest",
      "JoinGroupRequest", "ConsumerProtocolSubscription");

  private final BufferedWriter out;
  private final Map<String, Integer> counts = new TreeMap<>();
  private int written = 0, versions = 0;

  private MessageVectors(BufferedWriter out) {
    this.out = out;
  }

  /** kafka-clients.jar, output file, rounds of random values, seed, and perhaps an older jar whose versions are left out. */
  public static void main(String[] args) throws Exception {
    int rounds = Integer.parseInt(args[2]);
    long seed = Long.parseLong(args[3]);
    Map<String, Definition> known = new HashMap<>();
    if (args.length > 4) for (Definition one : Definition.load(args[4])) known.put(one.name, one);
    try (BufferedWriter file = Files.newBufferedWriter(Path.of(args[1]))) {
      MessageVectors vectors = new MessageVectors(file);
      for (Definition one : Definition.load(args[0])) {
        for (int version = one.versions.low(); version <= one.versions.high(); ++version) {
          if (known.containsKey(one.name) && known.get(one.name).versions.has(version)) continue;
          vectors.version(one, (short) version, rounds, seed * 1_000_003 + one.name.hashCode() * 31L + version * 1009L);
        }
      }
      System.err.println(vectors.versions + " message versions, " + vectors.written + " vectors; of " + vectors.counts);
    }
  }

  /** The least, then every edge of every field, unknown tags at every level, and random values. */
  private void version(Definition one, short version, int rounds, long seed) throws Exception {
    ++versions;
    counts.merge(one.kind, 1, Integer::sum);
    Filler filler = new Filler(one, version, seed);
    write(one, version, filler, Filler.Style.LEAST);
    for (int round = 0; !filler.finished(); ++round) {
      if (round == MOST_ROUNDS) throw new IllegalStateException(one.name + " " + version + ": edges are left");
      write(one, version, filler, Filler.Style.EDGES);
    }
    if (one.flexible.has(version)) write(one, version, filler, Filler.Style.UNKNOWN_TAGS);
    for (int round = 0; round < rounds; ++round) write(one, version, filler, Filler.Style.RANDOM);
    boolean end = version == one.versions.low() || version == one.versions.high();
    if (end && ALSO_LARGE.contains(one.name)) write(one, version, filler, Filler.Style.LARGE);
  }

  private void write(Definition one, short version, Filler filler, Filler.Style style) throws Exception {
    out.write(MAPPER.writeValueAsString(vector(one, version, filler, style)));
    out.write('\n');
    ++written;
  }

  private static ObjectNode vector(Definition one, short version, Filler filler, Filler.Style style) throws Exception {
    Class<?> type = Class.forName("org.apache.kafka.common.message." + dataClass(one));
    Message message = (Message) type.getConstructor().newInstance();
    filler.fill(message, style);
    ObjectSerializationCache cache = new ObjectSerializationCache();
    ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
    message.write(new ByteBufferAccessor(buffer), cache, version);
    if (buffer.hasRemaining()) throw new IllegalStateException(one.name + ": size is not what was written");
    JsonNode json = (JsonNode) Class.forName(type.getName() + "JsonConverter").getMethod("write", type, short.class).invoke(null, message, version);
    showRecords(message, one.fields, json, version);
    ObjectNode out = MAPPER.createObjectNode();
    out.put("api", one.api()).put("kind", one.kind).put("version", version);
    out.put("hex", HexFormat.of().formatHex(buffer.array()));
    out.set("json", json);
    if (style == Filler.Style.UNKNOWN_TAGS) out.put("unknown", true);
    return out;
  }

  private static String dataClass(Definition one) {
    return one.kind.equals("data") && existing(one.name) ? one.name : one.name + "Data";
  }

  private static boolean existing(String name) {
    try {
      Class.forName("org.apache.kafka.common.message." + name);
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** The official converter shows every records field as empty: put the bytes there. */
  private static void showRecords(Object message, List<Definition.Field> fields, JsonNode json, short version) throws Exception {
    for (Definition.Field field : fields) {
      if (!field.versions().has(version) || !json.has(field.jsonName())) continue;
      if (!field.element().equals("records") && !field.isStruct()) continue;
      Object value = message.getClass().getMethod(field.getter()).invoke(message);
      JsonNode shown = json.get(field.jsonName());
      if (field.element().equals("records")) {
        ((ObjectNode) json).set(field.jsonName(), value == null ? NullNode.instance : new BinaryNode(bytes((BaseRecords) value)));
      } else if (value instanceof Collection<?> elements) {
        Iterator<JsonNode> nodes = ((ArrayNode) shown).elements();
        for (Object element : elements) showRecords(element, field.inner(), nodes.next(), version);
      } else if (value != null) {
        showRecords(value, field.inner(), shown, version);
      }
    }
  }

  private static byte[] bytes(BaseRecords records) {
    ByteBuffer buffer = ((MemoryRecords) records).buffer().duplicate();
    byte[] out = new byte[buffer.remaining()];
    buffer.get(out);
    return out;
  }
}
