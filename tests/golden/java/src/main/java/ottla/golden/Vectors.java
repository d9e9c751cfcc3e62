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
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;

public final class Vectors {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** kafka-clients.jar, output file, rounds of random values, seed. */
  public static void main(String[] args) throws Exception {
    int rounds = Integer.parseInt(args[2]);
    long seed = Long.parseLong(args[3]);
    int written = 0, versions = 0, messages = 0;
    try (BufferedWriter out = Files.newBufferedWriter(Path.of(args[1]))) {
      for (Definition one : Definition.load(args[0])) {
        ++messages;
        for (int version = one.versions.low(); version <= one.versions.high(); ++version) {
          ++versions;
          for (int round = 0; round < rounds + 3; ++round) {
            Filler.Style style = round == 0 ? Filler.Style.LEAST : round == 1 ? Filler.Style.EDGES
                : round == 2 ? Filler.Style.UNKNOWN_TAGS : Filler.Style.RANDOM;
            boolean flexible = one.flexible.has(version);
            if (style == Filler.Style.UNKNOWN_TAGS && !flexible) continue;
            long stream = seed * 1_000_003 + one.name.hashCode() * 31L + version * 1009L + round;
            out.write(MAPPER.writeValueAsString(vector(one, (short) version, new Filler(stream, style, version, flexible),
                style == Filler.Style.UNKNOWN_TAGS)));
            out.write('\n');
            ++written;
          }
        }
      }
    }
    System.err.println(messages + " messages, " + versions + " message versions, " + written + " vectors");
  }

  private static ObjectNode vector(Definition one, short version, Filler filler, boolean unknown) throws Exception {
    Class<?> type = Class.forName("org.apache.kafka.common.message." + dataClass(one));
    Message message = (Message) type.getConstructor().newInstance();
    filler.fill(message, one.fields);
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
    if (unknown) out.put("unknown", true);
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
