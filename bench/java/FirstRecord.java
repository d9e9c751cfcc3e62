// Kafka's Java client from the start of a process to its first acknowledged record: FirstRecord PROPERTIES TOPIC.
package ottla.bench;

import java.io.FileReader;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

public final class FirstRecord {
  public static void main(String[] words) throws Exception {
    Properties how = new Properties();
    try (FileReader file = new FileReader(words[0])) {
      how.load(file);
    }
    StringSerializer text = new StringSerializer();
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(how, text, text)) {
      producer.send(new ProducerRecord<>(words[1], "first")).get();
      System.out.println("acknowledged");
      System.out.flush();
    }
  }
}
