// A message definition as it stands inside the kafka-clients jar: which field lives in which version.
package ottla.golden;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;

final class Definition {
  /** Inclusive; never is 1..0. */
  record Range(int low, int high) {
    static Range parse(String text) {
      if (text == null || text.isEmpty() || text.equals("none")) return new Range(1, 0);
      if (text.endsWith("+")) return new Range(Integer.parseInt(text.substring(0, text.length() - 1)), Short.MAX_VALUE);
      String[] ends = text.split("-");
      return new Range(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]));
    }

    boolean has(int version) {
      return low <= version && version <= high;
    }
  }

  record Field(String name, String type, Range versions, Range nullable, boolean tagged, List<Field> inner) {
    boolean isArray() {
      return type.startsWith("[]");
    }

    String element() {
      return isArray() ? type.substring(2) : type;
    }

    boolean isStruct() {
      return Character.isUpperCase(element().charAt(0));
    }

    String setter() {
      return "set" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
    }

    String getter() {
      return jsonName();
    }

    String jsonName() {
      return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }
  }

  final String name;
  final String kind;
  final Range versions;
  final Range flexible;
  final List<Field> fields;

  private final Map<String, List<Field>> common = new HashMap<>();

  private Definition(JsonNode node) {
    name = node.get("name").asText();
    kind = node.get("type").asText();
    versions = Range.parse(node.get("validVersions").asText());
    flexible = Range.parse(node.path("flexibleVersions").asText(null));
    for (JsonNode struct : node.path("commonStructs")) common.put(struct.get("name").asText(), new ArrayList<>());
    for (JsonNode struct : node.path("commonStructs"))
      common.get(struct.get("name").asText()).addAll(read(struct.get("fields")));
    fields = read(node.path("fields"));
  }

  String api() {
    return switch (kind) {
      case "request" -> name.substring(0, name.length() - "Request".length());
      case "response" -> name.substring(0, name.length() - "Response".length());
      default -> name;
    };
  }

  private List<Field> read(JsonNode nodes) {
    List<Field> out = new ArrayList<>();
    for (JsonNode node : nodes) {
      String type = node.get("type").asText();
      String element = type.startsWith("[]") ? type.substring(2) : type;
      List<Field> inner = node.has("fields") ? read(node.get("fields")) : common.getOrDefault(element, List.of());
      if (node.has("fields")) common.putIfAbsent(element, inner);
      out.add(new Field(node.get("name").asText(), type, Range.parse(node.get("versions").asText()),
          Range.parse(node.path("nullableVersions").asText(null)), node.has("tag"), inner));
    }
    return out;
  }

  static List<Definition> load(String jar) throws IOException {
    ObjectMapper mapper = new ObjectMapper().enable(JsonParser.Feature.ALLOW_COMMENTS);
    List<Definition> out = new ArrayList<>();
    try (JarFile file = new JarFile(jar)) {
      for (var entry : (Iterable<java.util.jar.JarEntry>) file.stream().sorted((a, b) -> a.getName().compareTo(b.getName()))::iterator) {
        if (!entry.getName().startsWith("common/message/") || !entry.getName().endsWith(".json")) continue;
        Definition one = new Definition(mapper.readTree(file.getInputStream(entry)));
        if (one.versions.low <= one.versions.high) out.add(one);
      }
    }
    return out;
  }
}
