// franz-go doing one job of the matrix; what a job is stands in ../README.md.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "franz:", err)
		os.Exit(1)
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	check(err)
	return value
}

// entry is a record as a line has it, going in and coming out.
type entry struct {
	Key         *string    `json:"key,omitempty"`
	Value       *string    `json:"value,omitempty"`
	KeyBase64   *string    `json:"keyBase64,omitempty"`
	ValueBase64 *string    `json:"valueBase64,omitempty"`
	Headers     []([2]any) `json:"headers"`
	Partition   *int32     `json:"partition,omitempty"`
	Offset      *int64     `json:"offset,omitempty"`
}

func content(text, encoded *string) []byte {
	if encoded != nil {
		raw, err := base64.StdEncoding.DecodeString(*encoded)
		check(err)
		return raw
	}
	if text == nil {
		return nil
	}
	return append([]byte{}, *text...)
}

func headerContent(said any) []byte {
	switch value := said.(type) {
	case string:
		return append([]byte{}, value...)
	case map[string]any:
		encoded := value["base64"].(string)
		return content(nil, &encoded)
	}
	return nil
}

func encoded(raw []byte) *string {
	if raw == nil {
		return nil
	}
	text := base64.StdEncoding.EncodeToString(raw)
	return &text
}

func tell(record *kgo.Record) {
	line := entry{KeyBase64: encoded(record.Key), ValueBase64: encoded(record.Value), Partition: &record.Partition,
		Offset: &record.Offset, Headers: []([2]any){}}
	for _, header := range record.Headers {
		var said any
		if text := encoded(header.Value); text != nil {
			said = map[string]string{"base64": *text}
		}
		line.Headers = append(line.Headers, [2]any{header.Key, said})
	}
	check(json.NewEncoder(os.Stdout).Encode(line))
}

func lines(topic string) []*kgo.Record {
	var records []*kgo.Record
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(make([]byte, 1<<20), 1<<26)
	for input.Scan() {
		var said entry
		check(json.Unmarshal(input.Bytes(), &said))
		record := &kgo.Record{Topic: topic, Key: content(said.Key, said.KeyBase64), Value: content(said.Value, said.ValueBase64)}
		for _, pair := range said.Headers {
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: pair[0].(string), Value: headerContent(pair[1])})
		}
		records = append(records, record)
	}
	check(input.Err())
	return records
}

func client(brokers string, options ...kgo.Opt) *kgo.Client {
	made, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(strings.Split(brokers, ",")...)}, options...)...)
	check(err)
	return made
}

// send reports where each record went; first is the number of the first one.
func send(ctx context.Context, producer *kgo.Client, records []*kgo.Record, first int) {
	var lock sync.Mutex
	for at, record := range records {
		index := first + at
		producer.Produce(ctx, record, func(record *kgo.Record, err error) {
			check(err)
			lock.Lock()
			defer lock.Unlock()
			fmt.Printf("{\"index\":%d,\"partition\":%d,\"offset\":%d}\n", index, record.Partition, record.Offset)
		})
	}
	check(producer.Flush(ctx))
}

func produce(ctx context.Context, brokers, topic, codec string) {
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	producer := client(brokers, kgo.ProducerBatchCompression(codecs[codec]), kgo.ProducerLinger(20*time.Millisecond))
	defer producer.Close()
	send(ctx, producer, lines(topic), 0)
}

// take hands on the next records, until count have come.
func take(ctx context.Context, consumer *kgo.Client, count int, each func(*kgo.Record)) {
	for taken := 0; taken < count; {
		fetches := consumer.PollRecords(ctx, count-taken)
		check(fetches.Err())
		fetches.EachRecord(func(record *kgo.Record) {
			taken++
			each(record)
		})
	}
}

func isolation(name string) kgo.Opt {
	if name == "read_committed" {
		return kgo.FetchIsolationLevel(kgo.ReadCommitted())
	}
	return kgo.FetchIsolationLevel(kgo.ReadUncommitted())
}

func consume(ctx context.Context, brokers, topic, count, level string) {
	consumer := client(brokers, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), isolation(level))
	defer consumer.Close()
	take(ctx, consumer, number(count), tell)
}

func group(ctx context.Context, brokers, topic, name, count, protocol string) {
	if protocol == "consumer" {
		// What franz-go has of the new protocol has to be asked for by name.
		ctx = context.WithValue(ctx, "opt_in_kafka_next_gen_balancer_beta", true)
	}
	consumer := client(brokers, kgo.ConsumeTopics(topic), kgo.ConsumerGroup(name), kgo.DisableAutoCommit(), kgo.WithContext(ctx),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer consumer.Close()
	take(ctx, consumer, number(count), tell)
	check(consumer.CommitUncommittedOffsets(ctx))
}

func transact(ctx context.Context, brokers, topic, name string) {
	producer := client(brokers, kgo.TransactionalID(name))
	defer producer.Close()
	records := lines(topic)
	half := len(records) / 2
	check(producer.BeginTransaction())
	send(ctx, producer, records[:half], 0)
	check(producer.EndTransaction(ctx, kgo.TryCommit))
	check(producer.BeginTransaction())
	send(ctx, producer, records[half:], half)
	check(producer.EndTransaction(ctx, kgo.TryAbort))
}

func copyAll(ctx context.Context, brokers, source, target, groupName, name, count string) {
	session, err := kgo.NewGroupTransactSession(kgo.SeedBrokers(strings.Split(brokers, ",")...), kgo.TransactionalID(name),
		kgo.ConsumerGroup(groupName), kgo.ConsumeTopics(source), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		isolation("read_committed"), kgo.RequireStableFetchOffsets(), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	check(err)
	defer session.Close()
	for left := number(count); left > 0; {
		fetches := session.PollRecords(ctx, min(left, 100))
		check(fetches.Err())
		check(session.Begin())
		some := 0
		fetches.EachRecord(func(record *kgo.Record) {
			some++
			session.Produce(ctx, &kgo.Record{Topic: target, Key: record.Key, Value: record.Value, Headers: record.Headers,
				Partition: record.Partition}, func(_ *kgo.Record, err error) { check(err) })
		})
		committed, err := session.End(ctx, kgo.TryCommit)
		check(err)
		if committed {
			left -= some
		}
	}
}

// settled tells what is told once it is what is wanted; brokers hear of changes one after the other. After 10 s, what is told then.
func settled[T comparable](ask func() T, wanted T) T {
	deadline := time.Now().Add(10 * time.Second)
	for {
		found := ask()
		if found == wanted || time.Now().After(deadline) {
			return found
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func told(ctx context.Context, admin *kadm.Client, topic, name string) string {
	described, err := admin.DescribeTopicConfigs(ctx, topic)
	check(err)
	resource, err := described.On(topic, nil)
	check(err)
	for _, config := range resource.Configs {
		if config.Key == name {
			return *config.Value
		}
	}
	return ""
}

func administer(ctx context.Context, brokers, topic, full, groupName string) {
	admin := kadm.NewClient(client(brokers))
	defer admin.Close()
	setting := func(name, wanted string) string {
		return settled(func() string { return told(ctx, admin, topic, name) }, wanted)
	}
	partitions := func(wanted int) int {
		return settled(func() int {
			details, err := admin.ListTopics(ctx, topic)
			check(err)
			return len(details[topic].Partitions)
		}, wanted)
	}
	offset := func(listed kadm.ListedOffsets, err error) int64 {
		check(err)
		found, _ := listed.Lookup(full, 0)
		return found.Offset
	}
	found := map[string]any{}
	limit, hour := "12345", "3600000"
	_, err := admin.CreateTopic(ctx, 3, 1, map[string]*string{"max.message.bytes": &limit}, topic)
	check(err)
	found["created"], found["maxMessageBytes"] = partitions(3), setting("max.message.bytes", limit)
	altered, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &hour}}, topic)
	check(err)
	check(altered[0].Err)
	found["retention"] = setting("retention.ms", hour)
	grown, err := admin.UpdatePartitions(ctx, 5, topic)
	check(err)
	check(grown.Error())
	found["grown"] = partitions(5)
	var upto kadm.Offsets
	upto.Add(kadm.Offset{Topic: full, Partition: 0, At: 3, LeaderEpoch: -1})
	deleted, err := admin.DeleteRecords(ctx, upto)
	check(err)
	check(deleted.Error())
	found["earliest"] = offset(admin.ListStartOffsets(ctx, full))
	found["latest"] = offset(admin.ListEndOffsets(ctx, full))
	listed, err := admin.ListGroups(ctx)
	check(err)
	_, found["listed"] = listed[groupName]
	described, err := admin.DescribeGroups(ctx, groupName)
	check(err)
	found["state"] = strings.ToUpper(described[groupName].State)
	offsets, err := admin.FetchOffsets(ctx, groupName)
	check(err)
	sum := int64(0)
	offsets.Each(func(one kadm.OffsetResponse) { sum += one.At })
	found["committed"] = sum
	ended, err := admin.DeleteGroups(ctx, groupName)
	check(err)
	check(ended[groupName].Err)
	removed, err := admin.DeleteTopics(ctx, topic)
	check(err)
	check(removed.Error())
	listed, err = admin.ListGroups(ctx)
	check(err)
	_, still := listed[groupName]
	there := settled(func() bool {
		topics, err := admin.ListTopics(ctx)
		check(err)
		return topics.Has(topic)
	}, false)
	found["gone"] = []bool{!still, !there}
	check(json.NewEncoder(os.Stdout).Encode(found))
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	job, words := os.Args[1], os.Args[2:]
	switch job {
	case "produce":
		produce(ctx, words[0], words[1], words[2])
	case "consume":
		consume(ctx, words[0], words[1], words[2], words[3])
	case "group":
		group(ctx, words[0], words[1], words[2], words[3], words[4])
	case "transact":
		transact(ctx, words[0], words[1], words[2])
	case "copy":
		copyAll(ctx, words[0], words[1], words[2], words[3], words[4], words[5])
	case "admin":
		administer(ctx, words[0], words[1], words[2], words[3])
	default:
		check(fmt.Errorf("unknown job %q", job))
	}
}
