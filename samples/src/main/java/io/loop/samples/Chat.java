package io.loop.samples;

import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;
import static io.loop.Asyncio.waitFutures;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.loop.ReturnWhen;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerLimits;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.Streams;
import io.loop.scope.TaskGroup;
import io.loop.scope.Timeout;
import io.loop.stream.LineTooLongException;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.sync.Event;
import io.loop.sync.Queue;
import io.loop.sync.QueueShutDownException;
import io.loop.task.Task;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// A room in which people chat in lines of text, with `nc` or `telnet`.
@Command(
    name = "chat",
    description = {
      "A chat room: lines of text over TCP, for nc and telnet, until SIGINT or SIGTERM.",
      "The first line is your name. /who lists the people in the room, /quit leaves it."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Chat implements Callable<Integer> {

  /*
   *   reader of a peer ---enqueue---> events ---deliver---> lines of each peer ---> its writer
   *
   * Everything runs on one loop, so nothing needs a lock. A reader waits while `events` is full;
   * TCP then slows its peer down. Delivering never waits for a peer: one whose `lines` are full is
   * dropped.
   *
   *   in the room ---leave(reason)---> left     the first reason counts
   */

  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}_-]{1,16}");
  private static final Pattern UNPRINTABLE =
      Pattern.compile("[\\p{Cc}\\u202A-\\u202E\\u2066-\\u2069]");
  private static final Duration NAMING = Duration.ofSeconds(30);
  private static final Duration FAREWELL = Duration.ofSeconds(3);
  private static final int TRIES = 3;
  private static final int LISTED = 50;
  private static final int WAITING_ROOM = 100;

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Mixin private ProxyProtocolOptions proxies = new ProxyProtocolOptions();

  @Option(
      names = "--max-peers",
      defaultValue = "1000",
      description = "limit of people in the room (default: ${DEFAULT-VALUE})")
  private int maxPeers;

  @Option(
      names = "--max-line",
      defaultValue = "512",
      paramLabel = "BYTES",
      description = "limit of a line's length (default: ${DEFAULT-VALUE})")
  private int maxLine;

  @Option(
      names = "--queue",
      defaultValue = "256",
      paramLabel = "LINES",
      description =
          "lines that may wait for a slow peer before it is dropped (default: ${DEFAULT-VALUE})")
  private int queueSize;

  @Option(
      names = "--idle",
      defaultValue = "600",
      paramLabel = "SECONDS",
      description = "a peer that says nothing for this time is dropped (default: ${DEFAULT-VALUE})")
  private int idle;

  @Option(
      names = "--redis",
      paramLabel = "HOST:PORT",
      description = "makes one room of all processes that use this Redis (default: none)")
  private @Nullable String redis;

  private final Map<String, Peer> peers = new TreeMap<>();
  private final Queue<Runnable> events = new Queue<>(64);
  private @Nullable ChatRedis others;

  @Override
  public Integer call() {
    var options = common.runnerOptions();
    common.requirePositive("--max-peers", maxPeers);
    common.requirePositive("--max-line", maxLine);
    common.requirePositive("--queue", queueSize);
    common.requirePositive("--idle", idle);
    others = redis == null ? null : others(redis);
    ServerOptions serving = serving();
    return ListenOptions.runUntilSignal(() -> run(serving), options);
  }

  private ChatRedis others(String address) {
    InetSocketAddress server = common.requireHostPort("--redis", address);
    return new ChatRedis(this, server.getHostString(), server.getPort());
  }

  private ServerOptions serving() {
    var limits =
        ServerLimits.DEFAULT
            .withConnections(maxPeers + WAITING_ROOM)
            .withIdleTimeout(Duration.ofSeconds(idle).plus(FAREWELL));
    return proxies.applyTo(ServerOptions.DEFAULT.withLimit(maxLine).withLimits(limits));
  }

  private void run(ServerOptions options) throws IOException {
    Server server = Streams.startServer(this::serve, listen.host(), listen.port(), options);
    listen.announce(server.localAddress());
    TaskGroup.run(group -> { // a signal cancels the tasks in this order
      group.createTask(this::runEvents);
      if (others != null) {
        group.createTask(others::run);
      }
      group.createTask(server::serveForever);
    });
  }

  /// Serves a connection: two tasks, one for each direction.
  private void serve(StreamReader reader, StreamWriter writer) throws IOException {
    Peer peer = welcome(reader, writer);
    if (peer == null) {
      return;
    }
    try {
      TaskGroup.run(group -> {
        Task<?> writing = group.createTask(() -> peer.writeTo(writer));
        say("* " + peer.name + " joined");
        group.createTask(() -> listenTo(peer, reader));
        peer.left.await();
        say("* " + peer.name + " left: " + peer.reason);
        var _ = waitFutures(List.of(writing), FAREWELL, ReturnWhen.ALL_COMPLETED);
        if (!writing.isDone()) {
          writer.abort(); // the peer does not read
        }
        group.cancel();
      });
    } finally {
      peer.leave("the server failed");
    }
  }

  /// Welcomes a peer.
  ///
  /// @return the peer, which is in the room now; null if it gave no valid name
  private @Nullable Peer welcome(StreamReader reader, StreamWriter writer) throws IOException {
    try {
      return timeout(NAMING, () -> askForName(reader, writer));
    } catch (TimeoutException late) {
      writer.write(line("* no name within " + NAMING.toSeconds() + " seconds"));
    }
    return null;
  }

  private @Nullable Peer askForName(StreamReader reader, StreamWriter writer) throws IOException {
    for (int i = 0; i < TRIES; i++) {
      writer.write(line("* your name?"));
      String name = readName(reader);
      if (name == null) {
        return null;
      }
      String obstacle = obstacle(name);
      if (obstacle == null) {
        return new Peer(name);
      }
      writer.write(line("* " + obstacle));
    }
    return null;
  }

  private static @Nullable String readName(StreamReader reader) throws IOException {
    try {
      return readLine(reader);
    } catch (LineTooLongException tooLong) {
      return ""; // not a name either
    }
  }

  private @Nullable String obstacle(String name) {
    if (!isName(name)) {
      return "a name has 1 to 16 letters, digits, - and _";
    }
    if (peers.containsKey(name) || namesElsewhere().contains(name)) {
      return name + " is in the room already";
    }
    return peers.size() < maxPeers ? null : "the room is full";
  }

  /// Listens to a peer until it leaves.
  private void listenTo(Peer peer, StreamReader reader) {
    String reason;
    try {
      reason = converse(peer, reader);
    } catch (TimeoutException silent) {
      reason = "silent for " + idle + " seconds";
    } catch (LineTooLongException tooLong) {
      reason = "a line of more than " + maxLine + " bytes";
    } catch (IOException lost) {
      reason = "connection lost";
    }
    String why = reason;
    enqueue(() -> peer.leave(why)); // after what it has said
  }

  private String converse(Peer peer, StreamReader reader) throws IOException, TimeoutException {
    var patience = Duration.ofSeconds(idle);
    return Timeout.within(
        patience,
        timeout -> {
          for (String line; (line = readLine(reader)) != null; ) {
            timeout.rescheduleAfter(patience);
            switch (line) {
              case "" -> {}
              case "/who" -> enqueue(() -> peer.offer(line("* " + who())));
              case "/quit" -> {
                return "quit";
              }
              default -> say("<" + peer.name + "> " + line);
            }
          }
          return "end of input";
        });
  }

  private String who() {
    List<String> elsewhere = namesElsewhere();
    String here = some(names());
    return elsewhere.isEmpty() ? here + " here" : here + " here; " + some(elsewhere) + " elsewhere";
  }

  private static String some(Collection<String> names) {
    int more = names.size() - LISTED;
    String first = String.join(", ", names.stream().limit(LISTED).toList());
    return names.size() + " (" + first + (more > 0 ? " and " + more + " more" : "") + ")";
  }

  /// {@return the names in this process}
  Set<String> names() {
    return peers.keySet();
  }

  private List<String> namesElsewhere() {
    return others == null ? List.of() : others.namesElsewhere();
  }

  static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /// {@return a line; null at the end} A line without its newline is incomplete and does not count.
  private static @Nullable String readLine(StreamReader reader) throws IOException {
    String line = new String(reader.readLine(), UTF_8);
    return line.endsWith("\n") ? printable(line).strip() : null;
  }

  /// {@return a text without what could confuse a terminal}
  static String printable(String text) {
    return UNPRINTABLE.matcher(text).replaceAll("");
  }

  private static byte[] line(String text) {
    return (text + "\n").getBytes(UTF_8);
  }

  /// Says something in all rooms. Suspends while too much is waiting to be delivered.
  private void say(String text) {
    enqueue(() -> {
      deliver(text);
      if (others != null) {
        others.publish(text);
      }
    });
  }

  /// Says something in this room only. Suspends while too much is waiting to be delivered.
  void tell(String text) {
    enqueue(() -> deliver(text));
  }

  private void enqueue(Runnable event) {
    try {
      events.put(event);
    } catch (QueueShutDownException ending) {
      // everybody has left, because the server is shutting down
    }
  }

  /// Runs the events in their order, so that everybody sees the same.
  private void runEvents() {
    try {
      for (; ; ) {
        events.get().run();
        sleep(Duration.ZERO); // the writers' turn: they wait only for peers that do not read
      }
    } finally {
      events.shutdown(true);
      List.copyOf(peers.values()).forEach(peer -> peer.leave("the server is shutting down"));
    }
  }

  private void deliver(String text) {
    byte[] line = line(text);
    List.copyOf(peers.values()).forEach(peer -> peer.offer(line)); // one that is too slow leaves
  }

  /// A peer in the room, and the lines that wait to be written to it.
  private final class Peer {
    private final String name;
    private final Queue<byte[]> lines = new Queue<>(queueSize);
    private final Event left = new Event();
    private String reason = "";

    Peer(String name) {
      this.name = name;
      peers.put(name, this);
    }

    /// Adds a line, or drops this peer if it is too slow. Never suspends.
    void offer(byte[] line) {
      if (left.isSet()) {
        return;
      }
      if (!lines.isFull()) {
        lines.putNowait(line);
      } else {
        lines.shutdown(true);
        leave("too slow, " + queueSize + " lines were waiting");
      }
    }

    void leave(String why) {
      if (!left.isSet()) {
        reason = why;
        peers.remove(name);
        left.set();
        lines.shutdown();
      }
    }

    /// Writes the lines until this peer has left, then says why, and closes the connection.
    void writeTo(StreamWriter writer) {
      try {
        for (; ; ) {
          writer.write(lines.get());
          writer.drain(); // waits while the peer does not read
        }
      } catch (QueueShutDownException over) {
        close(writer);
      } catch (IOException lost) {
        leave("connection lost");
      }
    }

    private void close(StreamWriter writer) {
      writer.write(line("* you left: " + reason));
      writer.close();
      try {
        writer.waitClosed();
      } catch (IOException lost) {
        // it has left; the others know why
      }
    }
  }
}
