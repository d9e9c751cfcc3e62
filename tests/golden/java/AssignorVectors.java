// `AssignorVectors SEED` writes groups by chance, one a line, and what the official assignors make of each.
package ottla.golden;

import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

public final class AssignorVectors {
  private static final int SMALL_GROUPS = 400, LARGE_GROUPS = 8, ROUNDS_TO_SETTLE = 6;

  /** What one member says, before it is bytes. */
  private static final class Member {
    final String id, instance;
    final TreeSet<String> topics = new TreeSet<>();
    List<TopicPartition> had = List.of();
    int generation = -1;

    Member(String id, String instance) {
      this.id = id;
      this.instance = instance;
    }
  }

  private final Random random;
  private final TreeMap<String, Integer> sizes = new TreeMap<>();
  private final List<Member> members = new ArrayList<>();

  private AssignorVectors(Random random) {
    this.random = random;
  }

  public static void main(String[] arguments) {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    Random random = new Random(Long.parseLong(arguments[0]));
    for (int i = 0; i < SMALL_GROUPS + LARGE_GROUPS;) {
      boolean large = i >= SMALL_GROUPS;
      try {
        out.println(new AssignorVectors(random).group(large ? 30 : 8, large ? 10 : 5, large ? 16 : 9, i % 2 == 1, i / 2 % 4));
        ++i;
      } catch (NullPointerException ownFault) {
        // Kafka's general case falls over some claims of an older generation (4.3.1: performReassignments). Another group then.
      }
    }
    out.flush();
  }

  private String group(int maxMembers, int maxTopics, int maxPartitions, boolean mixed, int history) {
    int equalSize = random.nextInt(3) == 0 ? 1 + random.nextInt(maxPartitions) : 0;
    for (int topic = 1 + random.nextInt(maxTopics); topic > 0; --topic) sizes.put("t" + topic, equalSize > 0 ? equalSize : random.nextInt(maxPartitions + 1));
    boolean someStatic = random.nextInt(3) == 0;
    for (int count = 1 + random.nextInt(maxMembers); count > 0; --count) join(someStatic, mixed);
    switch (history) {
      case 1: live(mixed, false); break;
      case 2: live(mixed, true); break;
      case 3: claimAnything(); break;
      default: break;
    }
    return describe();
  }

  private void join(boolean someStatic, boolean mixed) {
    String id = String.format("m%02d-%03x", members.size(), random.nextInt(4096));
    Member member = new Member(id.substring(4) + id.substring(0, 3), someStatic && random.nextBoolean() ? "i" + random.nextInt(4096) + id : null);
    for (String topic : sizes.keySet()) {
      if (!mixed || random.nextBoolean()) member.topics.add(topic);
    }
    if (random.nextInt(10) == 0) member.topics.add("absent");
    members.add(member);
  }

  /** A generation that settled, then something happened to the group. */
  private void live(boolean mixed, boolean oneIsLate) {
    Map<String, List<TopicPartition>> before = settle(4);
    for (Member member : members) {
      member.had = before.get(member.id);
      member.generation = 9;
    }
    if (oneIsLate) members.get(random.nextInt(members.size())).generation = 3 + random.nextInt(6);
    for (int leaving = random.nextInt(3); leaving > 0 && members.size() > 1; --leaving) members.remove(random.nextInt(members.size()));
    for (int joining = random.nextInt(3); joining > 0; --joining) join(false, mixed);
    if (random.nextInt(3) == 0) sizes.replaceAll((topic, size) -> size + random.nextInt(3));
    if (random.nextInt(4) == 0) sizes.remove(sizes.firstKey());
    if (mixed && random.nextInt(3) == 0) members.get(random.nextInt(members.size())).topics.pollFirst();
    if (oneIsLate && members.size() > 1) members.get(0).had = new ArrayList<>(members.get(1).had);
  }

  private void claimAnything() {
    for (Member member : members) {
      member.generation = 7 + random.nextInt(3);
      member.had = new ArrayList<>();
      sizes.forEach((topic, size) -> {
        for (int partition = 0; partition < size; ++partition) {
          if (member.topics.contains(topic) && random.nextInt(3) == 0) member.had.add(new TopicPartition(topic, partition));
        }
      });
    }
  }

  /** As the member's consumer sends it: a sticky member of an eager group has revoked what it had, and tells it in its user data. */
  private ByteBuffer metadata(ConsumerPartitionAssignor assignor, Member member) {
    boolean owns = assignor instanceof CooperativeStickyAssignor;
    if (member.generation >= 0) assignor.onAssignment(new Assignment(member.had), group(member.generation));
    ByteBuffer userData = assignor.subscriptionUserData(member.topics);
    return ConsumerProtocol.serializeSubscription(new Subscription(new ArrayList<>(member.topics), userData, owns ? member.had : List.of(),
        member.generation, Optional.empty()));
  }

  @SuppressWarnings("removal")
  private static ConsumerGroupMetadata group(int generation) {
    return new ConsumerGroupMetadata("group", generation, "member", Optional.empty());
  }

  private static ConsumerPartitionAssignor fresh(String name) {
    switch (name) {
      case "range": return new RangeAssignor();
      case "roundrobin": return new RoundRobinAssignor();
      case "sticky": return new StickyAssignor();
      default: return new CooperativeStickyAssignor();
    }
  }

  private Map<String, List<TopicPartition>> assign(String name) {
    Map<String, Subscription> subscriptions = new HashMap<>();
    for (Member member : members) {
      Subscription said = ConsumerProtocol.deserializeSubscription(metadata(fresh(name), member));
      said.setGroupInstanceId(Optional.ofNullable(member.instance));
      subscriptions.put(member.id, said);
    }
    Node node = new Node(1, "host", 9092);
    Node[] one = {node};
    List<PartitionInfo> partitions = new ArrayList<>();
    sizes.forEach((topic, size) -> {
      for (int partition = 0; partition < size; ++partition) partitions.add(new PartitionInfo(topic, partition, node, one, one));
    });
    Cluster cluster = new Cluster("cluster", List.of(node), partitions, Set.of(), Set.of());
    Map<String, List<TopicPartition>> assigned = new TreeMap<>();
    fresh(name).assign(cluster, new GroupSubscription(subscriptions)).groupAssignment().forEach((id, got) -> assigned.put(id, got.partitions()));
    return assigned;
  }

  /** Cooperative rounds until nothing is held back any more. */
  private Map<String, List<TopicPartition>> settle(int generation) {
    Map<String, List<TopicPartition>> before = Map.of(), now = assign("cooperative-sticky");
    for (int round = 0; round < ROUNDS_TO_SETTLE && !now.equals(before); ++round) {
      for (Member member : members) {
        member.had = now.get(member.id);
        member.generation = generation + round;
      }
      before = now;
      now = assign("cooperative-sticky");
    }
    return now;
  }

  private static String text(Map<String, List<TopicPartition>> assigned) {
    return assigned.entrySet().stream().map(entry -> "\"" + entry.getKey() + "\":\"" + entry.getValue().stream().map(TopicPartition::toString)
        .sorted().collect(Collectors.joining(" ")) + "\"").collect(Collectors.joining(",", "{", "}"));
  }

  private String describe() {
    StringBuilder out = new StringBuilder("{\"topics\":{");
    out.append(sizes.entrySet().stream().map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue()).collect(Collectors.joining(",")));
    out.append("},\"members\":[");
    for (Member member : members) {
      out.append(out.charAt(out.length() - 1) == '[' ? "" : ",").append("{\"id\":\"").append(member.id).append('"');
      if (member.instance != null) out.append(",\"instance\":\"").append(member.instance).append('"');
      for (String name : List.of("range", "sticky", "cooperative-sticky")) {
        ByteBuffer bytes = metadata(fresh(name), member);
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        out.append(",\"").append(name).append("\":\"").append(HexFormat.of().formatHex(copy)).append('"');
      }
      out.append('}');
    }
    out.append("],\"assigned\":{");
    for (String name : List.of("range", "roundrobin", "sticky", "cooperative-sticky")) {
      out.append('"').append(name).append("\":").append(text(assign(name))).append(',');
    }
    return out.append("\"settled\":").append(text(settle(20))).append("}}").toString();
  }
}
