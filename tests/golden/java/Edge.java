// The edges of each wire type: what a field has to be written as before it counts as covered.
package ottla.golden;

import java.util.ArrayList;
import java.util.List;

enum Edge {
  /** Nothing set: a tagged field that is left out. */
  ABSENT,
  NULL,
  EMPTY,
  /** The type's own zero. */
  ZERO,
  LOW,
  HIGH,
  /** Beside zero: -1, or 1 where there is no sign. */
  NEAR,
  /** A value, a few elements, a struct that is there. */
  SOME,
  /** Text with characters of four bytes. */
  WIDE,
  /** Beyond the one byte that a short length takes in compact form. */
  LONG;

  /** What cannot hold anything inside. */
  boolean hides() {
    return this == ABSENT || this == NULL || this == EMPTY;
  }

  static List<Edge> of(Definition.Field field, int version) {
    List<Edge> out = new ArrayList<>();
    if (field.tagged()) out.add(ABSENT);
    if (field.nullable().has(version)) out.add(NULL);
    if (!field.isArray()) {
      out.addAll(ofElement(field));
      return out;
    }
    out.add(EMPTY);
    out.add(SOME);
    if (!field.isStruct()) out.add(LONG);
    return out;
  }

  static List<Edge> ofElement(Definition.Field field) {
    return switch (field.element()) {
      case "bool" -> List.of(LOW, HIGH);
      case "int8", "int16", "uint16", "int32", "uint32", "int64", "float64" -> List.of(ZERO, LOW, HIGH, NEAR, SOME);
      case "string" -> List.of(EMPTY, SOME, WIDE, LONG);
      case "bytes", "records" -> List.of(EMPTY, SOME, LONG);
      case "uuid" -> List.of(HIGH, SOME);
      default -> List.of(SOME);
    };
  }

  static Edge least(Definition.Field field) {
    if (field.tagged()) return ABSENT;
    return field.isStruct() && !field.isArray() ? SOME : ZERO;
  }
}
