package io.loop.samples;

import static io.loop.Asyncio.sleep;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.stream.ChannelClient;
import io.loop.netty.stream.ConnectionOptions;
import io.loop.scope.Retry;
import io.loop.scope.TaskGroup;
import io.loop.sync.Queue;
import io.loop.sync.QueueShutDownException;
import io.loop.task.ExceptionGroup;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.redis.ArrayRedisMessage;
import io.netty.handler.codec.redis.ErrorRedisMessage;
import io.netty.handler.codec.redis.FullBulkStringRedisMessage;
import io.netty.handler.codec.redis.RedisArrayAggregator;
import io.netty.handler.codec.redis.RedisBulkStringAggregator;
import io.netty.handler.codec.redis.RedisDecoder;
import io.netty.handler.codec.redis.RedisEncoder;
import io.netty.handler.codec.redis.RedisMessage;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Makes one room of the rooms of several processes, through Redis pub/sub.
final class ChatRedis {

  /*
   *   alone ---both connections are open, subscribed---> joined
   *   joined ---a failure, or no message for PATIENCE---> alone, until the next attempt succeeds
   *
   * There are two connections, because one that is subscribed may send no other command. While
   * alone, `outgoing` is null: what is said stays in this process.
   *
   * A message is `<process> line <text>` or `<process> names <name> <name> ...`. A process also
   * receives its own messages. It ignores them, but as it announces its names regularly, silence
   * means that Redis is out of reach.
   */

  private static final System.Logger LOG = System.getLogger("io.loop.samples.chat");
  private static final String CHANNEL = "loop-chat";
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration ANNOUNCEMENT = Duration.ofSeconds(1);
  private static final int PROCESSES = 64;
  private static final Retry BACK_OFF =
      Retry.DEFAULT
          .withAttempts(8)
          .withFirstDelay(Duration.ofMillis(250))
          .withMaxDelay(Duration.ofSeconds(5))
          .withRetried(IOException.class);

  /// The names in another process, as it announced them last.
  private record Names(List<String> names, Duration until) {}

  private final Chat chat;
  private final String host;
  private final int port;
  private final String process = UUID.randomUUID().toString();
  private final Map<String, Names> elsewhere = new HashMap<>();
  private @Nullable Queue<String> outgoing;
  private boolean toldThatAlone;
  private boolean down;

  ChatRedis(Chat chat, String host, int port) {
    this.chat = chat;
    this.host = host;
    this.port = port;
  }

  /// Joins the other rooms, and joins them again after every failure.
  void run() {
    for (; ; ) {
      try {
        relay();
      } catch (IOException lost) {
        note(lost);
        if (!toldThatAlone) {
          chat.tell("* alone, Redis is out of reach: " + lost.getMessage());
          toldThatAlone = true;
        }
      }
      sleep(BACK_OFF.firstDelay());
    }
  }

  private void relay() throws IOException {
    try (CoroutineChannel<RedisMessage> subscriber = BACK_OFF.call(() -> noting(this::subscribe));
        CoroutineChannel<RedisMessage> publisher = BACK_OFF.call(() -> noting(this::connect))) {
      var lines = new Queue<String>(256);
      outgoing = lines;
      toldThatAlone = false;
      note(null);
      chat.tell("* joined the other rooms");
      TaskGroup.run(group -> {
        group.createTask(() -> receiveAll(subscriber));
        group.createTask(() -> publishAll(publisher, lines));
        group.createTask(this::announceNames);
      });
    } catch (ExceptionGroup failed) {
      ExceptionGroup.Split split = failed.split(IOException.class);
      if (split.rest() != null) {
        throw split.rest();
      }
      throw new IOException(failed.exceptions().getFirst().getMessage(), failed);
    } finally {
      outgoing = null;
      elsewhere.clear();
    }
  }

  /// Opens a connection. The first failed attempt is logged: the people in the room learn it only
  /// when the last one has failed.
  private CoroutineChannel<RedisMessage> noting(Callable<CoroutineChannel<RedisMessage>> attempt)
      throws Exception {
    try {
      return attempt.call();
    } catch (IOException fault) {
      note(fault);
      throw fault;
    }
  }

  private void note(@Nullable IOException fault) {
    if (down != (fault != null)) {
      down = fault != null;
      String address = ListenOptions.text(InetSocketAddress.createUnresolved(host, port));
      LOG.log(
          Level.INFO,
          () ->
              fault == null
                  ? "connected to Redis at " + address + " again"
                  : "cannot reach Redis at " + address + ": " + fault.getMessage());
    }
  }

  /// Publishes a line if the rooms are joined. Never suspends. If Redis is too slow, this room
  /// leaves the others.
  void publish(String line) {
    send("line " + line);
  }

  private void send(String message) {
    Queue<String> lines = outgoing;
    if (lines == null) {
      return;
    }
    if (lines.isFull()) {
      lines.shutdown(true);
      outgoing = null;
    } else {
      lines.putNowait(process + " " + message);
    }
  }

  private void announceNames() {
    for (; ; ) {
      send("names " + String.join(" ", chat.names()));
      sleep(ANNOUNCEMENT);
    }
  }

  private static void publishAll(CoroutineChannel<RedisMessage> publisher, Queue<String> lines)
      throws IOException {
    try {
      for (; ; ) {
        publisher.write(command("PUBLISH", CHANNEL, lines.get()));
        ReferenceCountUtil.release(answer(publisher));
      }
    } catch (QueueShutDownException full) {
      throw new IOException("it is too slow, " + lines.maxSize() + " lines were waiting", full);
    }
  }

  private void receiveAll(CoroutineChannel<RedisMessage> subscriber) throws IOException {
    for (; ; ) {
      RedisMessage message = answer(subscriber);
      try {
        if (message instanceof ArrayRedisMessage array
            && array.children().getLast() instanceof FullBulkStringRedisMessage payload) {
          hear(payload.content().toString(UTF_8));
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }
  }

  private void hear(String message) {
    String[] parts = message.split(" ", 3);
    if (parts.length < 3 || parts[0].equals(process)) {
      return;
    }
    switch (parts[1]) {
      case "line" -> chat.tell(Chat.printable(parts[2]));
      case "names" -> remember(parts[0], parts[2]);
      default -> {} // of a newer version
    }
  }

  private void remember(String other, String text) {
    forgetTheGone();
    if (elsewhere.size() < PROCESSES || elsewhere.containsKey(other)) {
      List<String> names = Arrays.stream(text.split(" ", -1)).filter(Chat::isName).toList();
      elsewhere.put(other, new Names(names, Loop.running().time().plus(PATIENCE)));
    }
  }

  private void forgetTheGone() {
    Duration now = Loop.running().time();
    elsewhere.values().removeIf(names -> names.until().compareTo(now) < 0);
  }

  /// {@return the names in the other processes, in order}
  List<String> namesElsewhere() {
    forgetTheGone();
    return elsewhere.values().stream().flatMap(each -> each.names().stream()).sorted().toList();
  }

  private CoroutineChannel<RedisMessage> subscribe() throws IOException {
    CoroutineChannel<RedisMessage> channel = connect();
    boolean subscribed = false;
    try {
      channel.write(command("SUBSCRIBE", CHANNEL));
      ReferenceCountUtil.release(answer(channel));
      subscribed = true;
      return channel;
    } finally {
      if (!subscribed) {
        channel.close();
      }
    }
  }

  private CoroutineChannel<RedisMessage> connect() throws IOException {
    return ChannelClient.connect(
        RedisMessage.class,
        pipeline ->
            pipeline.addLast(
                new RedisDecoder(),
                new RedisBulkStringAggregator(),
                new RedisArrayAggregator(8, 8),
                new RedisEncoder()),
        host,
        port,
        ConnectionOptions.DEFAULT.withConnectTimeout(PATIENCE));
  }

  private static RedisMessage command(String... words) {
    return new ArrayRedisMessage(
        Stream.of(words)
            .<RedisMessage>map(
                word -> new FullBulkStringRedisMessage(Unpooled.copiedBuffer(word, UTF_8)))
            .toList());
  }

  /// {@return the next message of Redis; the caller releases it}
  private static RedisMessage answer(CoroutineChannel<RedisMessage> channel) throws IOException {
    RedisMessage message;
    try {
      message = Asyncio.<@Nullable RedisMessage>timeout(PATIENCE, () -> channel.receive());
    } catch (TimeoutException silent) {
      throw new IOException("no message for " + PATIENCE.toSeconds() + " seconds", silent);
    } catch (CodecException strange) {
      throw new IOException("it does not speak its protocol", strange);
    }
    return switch (message) {
      case null -> throw new IOException("it closed the connection");
      case ErrorRedisMessage error -> throw new IOException("it said " + error.content());
      default -> message;
    };
  }
}
