package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.loop.netty.channel.CoroutineChannel;
import io.loop.samples.RedisRequests.Request;
import io.netty.buffer.Unpooled;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.redis.ArrayRedisMessage;
import io.netty.handler.codec.redis.ErrorRedisMessage;
import io.netty.handler.codec.redis.FullBulkStringRedisMessage;
import io.netty.handler.codec.redis.IntegerRedisMessage;
import io.netty.handler.codec.redis.RedisMessage;
import io.netty.handler.codec.redis.SimpleStringRedisMessage;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One client: its requests, in order, and the channels it has subscribed to.
final class RedisSession implements RedisTopics.Subscriber {

  private static final System.Logger LOG = System.getLogger("io.loop.samples.redis");

  private static final RedisMessage OK = new SimpleStringRedisMessage("OK");
  private static final RedisMessage PONG = new SimpleStringRedisMessage("PONG");

  private static final int MOST_TOPICS = 1000;
  private static final int LONGEST_ANSWER = 4 << 20;
  private static final Duration LONGEST = Duration.ofDays(20_000);

  /// A subscriber with more bytes to send is dropped.
  private static final WriteBufferWaterMark UNSENT = new WriteBufferWaterMark(512 << 10, 1 << 20);

  private static final Set<String> OF_SUBSCRIBERS =
      Set.of("subscribe", "unsubscribe", "ping", "quit");

  private final CoroutineChannel<Request> channel;
  private final RedisStore store;
  private final RedisTopics topics;
  private final Set<String> subscribed = new LinkedHashSet<>();

  RedisSession(CoroutineChannel<Request> channel, RedisStore store, RedisTopics topics) {
    this.channel = channel;
    this.store = store;
    this.topics = topics;
  }

  /// Answers requests until the client quits or disconnects.
  ///
  /// Writing never waits. The loop sends the answers to everything that has arrived together, when
  /// it next polls.
  void serve() throws IOException {
    try {
      for (Request request : channel) {
        channel.write(answer(request));
        if (request.name().equals("quit")) {
          return;
        }
        channel.drain(); // waits while the client sends requests, but does not read the answers
      }
    } catch (DecoderException broken) {
      String reason = broken.getCause() == null ? "" : broken.getCause().getMessage();
      channel.write(error("ERR Protocol error: " + reason));
    } finally {
      leaveAll();
    }
  }

  private RedisMessage answer(Request request) {
    try {
      String name = request.name();
      if (!subscribed.isEmpty() && !OF_SUBSCRIBERS.contains(name)) {
        throw new RedisError(
            "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
                .formatted(name));
      }
      return execute(name, request);
    } catch (RedisError error) {
      return error(String.valueOf(error.getMessage()));
    }
  }

  private RedisMessage execute(String name, Request request) throws RedisError {
    return switch (name) {
      case "get" -> bulk(store.get(request.exactly(2).word(1)));
      case "set" -> set(request.atLeast(3));
      case "incr" -> increment(request.exactly(2).word(1));
      case "mget" -> get(request.atLeast(2).arguments());
      case "exists" -> count(request.atLeast(2).arguments().stream().filter(store::contains));
      case "del" -> count(request.atLeast(2).arguments().stream().filter(store::delete));
      case "expire" -> expire(request.atLeast(3));
      case "ttl" -> number(timeToLive(request.exactly(2).word(1)));
      case "publish" -> publish(request.exactly(3));
      case "subscribe" -> subscribe(request.atLeast(2).arguments());
      case "unsubscribe" -> unsubscribe(request.arguments());
      case "ping" -> ping(request.between(1, 2).arguments());
      case "echo" -> bulk(request.exactly(2).word(1));
      case "quit" -> OK;
      case "hello" -> hello(request.arguments());
      case "info" -> bulk(info());
      case "command" -> describeCommands(request);
      case "config" -> config(request.atLeast(2));
      case "client" -> throw unknownSubcommand(request.atLeast(2));
      default -> throw unknown(request);
    };
  }

  // --- keys ---

  private RedisMessage set(Request request) throws RedisError {
    String key = request.word(1);
    @Nullable Duration timeToLive = null;
    @Nullable Boolean mustExist = null;
    for (int next = 3; next < request.words().size(); next++) {
      String option = request.word(next).toLowerCase(Locale.ROOT);
      switch (option) {
        case "ex", "px" -> {
          next++;
          if (timeToLive != null || next == request.words().size()) {
            throw RedisError.syntax();
          }
          timeToLive = duration(request, integer(request.word(next)), option.equals("ex"));
          if (!timeToLive.isPositive()) {
            throw RedisError.expireTime(request.name());
          }
        }
        case "nx", "xx" -> {
          if (mustExist != null && mustExist != option.equals("xx")) {
            throw RedisError.syntax();
          }
          mustExist = option.equals("xx");
        }
        default -> throw RedisError.syntax();
      }
    }
    if (mustExist != null && mustExist != store.contains(key)) {
      return FullBulkStringRedisMessage.NULL_INSTANCE;
    }
    store.put(key, request.word(2));
    store.expireAfter(key, timeToLive);
    return OK;
  }

  /// A short request may name a long value many times.
  private RedisMessage get(List<String> keys) throws RedisError {
    List<@Nullable String> values = new ArrayList<>();
    long size = 0;
    for (String key : keys) {
      String value = store.get(key);
      values.add(value);
      size += value == null ? 0 : value.length();
      if (size > LONGEST_ANSWER) {
        throw new RedisError("ERR answer too large, the limit is " + LONGEST_ANSWER + " bytes");
      }
    }
    return array(values);
  }

  private RedisMessage increment(String key) throws RedisError {
    String value = store.get(key);
    long number = value == null ? 0 : integer(value);
    if (number == Long.MAX_VALUE) {
      throw new RedisError("ERR increment or decrement would overflow");
    }
    store.put(key, Long.toString(number + 1));
    return number(number + 1);
  }

  private RedisMessage expire(Request request) throws RedisError {
    String key = request.word(1);
    Duration timeToLive = duration(request, integer(request.word(2)), true);
    if (request.words().size() > 3) {
      throw new RedisError("ERR Unsupported option " + request.word(3));
    }
    boolean found =
        timeToLive.isPositive() ? store.expireAfter(key, timeToLive) : store.delete(key);
    return number(found ? 1 : 0);
  }

  /// {@return a time to live, not too long for a timer of the loop}
  private static Duration duration(Request request, long amount, boolean seconds)
      throws RedisError {
    long most = seconds ? LONGEST.toSeconds() : LONGEST.toMillis();
    if (amount > most || amount < -most) {
      throw RedisError.expireTime(request.name());
    }
    return seconds ? Duration.ofSeconds(amount) : Duration.ofMillis(amount);
  }

  private long timeToLive(String key) {
    Duration left = store.timeToLive(key);
    if (left == null) {
      return store.contains(key) ? -1 : -2;
    }
    return left.plusMillis(500).toSeconds(); // rounds as Redis does
  }

  /// {@return the number that a word is, written as Redis writes numbers}
  private static long integer(String word) throws RedisError {
    try {
      long number = Long.parseLong(word);
      if (Long.toString(number).equals(word)) {
        return number;
      }
    } catch (NumberFormatException other) {
      // the same answer as to 007
    }
    throw new RedisError("ERR value is not an integer or out of range");
  }

  // --- publish and subscribe ---

  private RedisMessage publish(Request request) {
    return number(topics.publish(request.word(1), request.word(2).getBytes(ISO_8859_1)));
  }

  /// Each channel has an answer of its own.
  private RedisMessage subscribe(List<String> names) throws RedisError {
    if (subscribed.size() + names.size() > MOST_TOPICS) {
      throw new RedisError("ERR too many subscriptions, the limit is " + MOST_TOPICS);
    }
    channel.nettyChannel().config().setWriteBufferWaterMark(UNSENT);
    List<RedisMessage> answers = new ArrayList<>();
    for (String name : names) {
      subscribed.add(name);
      topics.join(name, this);
      answers.add(subscription("subscribe", name));
    }
    return allButLastWritten(answers);
  }

  private RedisMessage unsubscribe(List<String> names) {
    List<RedisMessage> answers = new ArrayList<>();
    for (String name : names.isEmpty() ? List.copyOf(subscribed) : names) {
      subscribed.remove(name);
      topics.leave(name, this);
      answers.add(subscription("unsubscribe", name));
    }
    return answers.isEmpty() ? subscription("unsubscribe", null) : allButLastWritten(answers);
  }

  private RedisMessage allButLastWritten(List<RedisMessage> answers) {
    RedisMessage last = answers.removeLast();
    answers.forEach(channel::write);
    return last;
  }

  private RedisMessage subscription(String kind, @Nullable String name) {
    return new ArrayRedisMessage(List.of(bulk(kind), bulk(name), number(subscribed.size())));
  }

  @Override
  public boolean deliver(String topic, byte[] text) {
    if (!channel.nettyChannel().isWritable()) {
      return false;
    }
    channel.write(
        new ArrayRedisMessage(
            List.of(
                bulk("message"),
                bulk(topic),
                new FullBulkStringRedisMessage(Unpooled.wrappedBuffer(text)))));
    return true;
  }

  @Override
  public void drop() {
    LOG.log(Level.INFO, () -> "dropped a subscriber that does not read: " + channel);
    leaveAll();
    channel.abort();
  }

  private void leaveAll() {
    subscribed.forEach(name -> topics.leave(name, this));
    subscribed.clear();
  }

  private RedisMessage ping(List<String> text) {
    if (subscribed.isEmpty()) {
      return text.isEmpty() ? PONG : bulk(text.getFirst());
    }
    return array(List.of("pong", text.isEmpty() ? "" : text.getFirst()));
  }

  // --- what clients ask when they start ---

  private static RedisMessage hello(List<String> arguments) throws RedisError {
    if (!arguments.isEmpty() && integer(arguments.getFirst()) != 2) {
      throw new RedisError("NOPROTO unsupported protocol version");
    }
    if (arguments.size() > 1) {
      throw RedisError.syntax();
    }
    return new ArrayRedisMessage(
        List.of(
            bulk("server"),
            bulk("loop-sample"),
            bulk("proto"),
            number(2),
            bulk("mode"),
            bulk("standalone"),
            bulk("role"),
            bulk("master"),
            bulk("modules"),
            array(List.of())));
  }

  private String info() {
    return "# Server\r\nserver_name:loop-sample\r\n# Memory\r\nused_memory:%d\r\nmaxmemory:%d\r\n# Keyspace\r\ndb0:keys=%d\r\n"
        .formatted(store.usedBytes(), store.mostBytes(), store.size());
  }

  private static RedisMessage describeCommands(Request request) throws RedisError {
    if (request.words().size() > 1 && !request.word(1).equalsIgnoreCase("docs")) {
      throw unknownSubcommand(request);
    }
    return array(List.of());
  }

  private RedisMessage config(Request request) throws RedisError {
    if (!request.word(1).equalsIgnoreCase("get")) {
      throw unknownSubcommand(request);
    }
    var known =
        Map.of("save", "", "appendonly", "no", "maxmemory", Long.toString(store.mostBytes()));
    List<@Nullable String> found = new ArrayList<>();
    for (String name : request.atLeast(3).words().subList(2, request.words().size())) {
      String value = known.get(name);
      if (value != null) {
        found.addAll(List.of(name, value));
      }
    }
    return array(found);
  }

  private static RedisError unknownSubcommand(Request request) {
    return new RedisError(
        "ERR unknown subcommand '%.128s'. Try %s HELP."
            .formatted(request.word(1), request.name().toUpperCase(Locale.ROOT)));
  }

  private static RedisError unknown(Request request) {
    var text = new StringBuilder();
    for (String word : request.arguments()) {
      if (text.length() >= 128) {
        break;
      }
      text.append("'%.128s' ".formatted(word));
    }
    return new RedisError(
        "ERR unknown command '%.128s', with args beginning with: %s"
            .formatted(request.word(0), text));
  }

  // --- answers ---

  /// A line break in a word that the client chose must not end the answer.
  private static RedisMessage error(String text) {
    return new ErrorRedisMessage(text.replace('\r', ' ').replace('\n', ' '));
  }

  private static RedisMessage number(long value) {
    return new IntegerRedisMessage(value);
  }

  private static RedisMessage count(Stream<String> keys) {
    return number(keys.count());
  }

  private static RedisMessage bulk(@Nullable String text) {
    return text == null
        ? FullBulkStringRedisMessage.NULL_INSTANCE
        : new FullBulkStringRedisMessage(Unpooled.wrappedBuffer(text.getBytes(ISO_8859_1)));
  }

  private static RedisMessage array(List<? extends @Nullable String> texts) {
    return new ArrayRedisMessage(texts.stream().map(RedisSession::bulk).toList());
  }
}
