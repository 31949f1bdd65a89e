import static io.loop.Asyncio.*;
import static io.loop.netty.stream.Streams.*;

import io.loop.stream.*;
import io.loop.sync.Event;
import io.loop.sync.Queue;
import io.loop.task.Coro;

final Map<String, Peer> peers = new TreeMap<>();

record Peer(String name, StreamWriter writer, Queue<String> lines) {
  void offer(String line) {
    if (lines.isFull()) {
      writer.abort(); // it does not read
    } else {
      lines.putNowait(line);
    }
  }

  void write() throws IOException {
    while (true) {
      writer.write((lines.get() + "\n").getBytes());
      writer.drain();
    }
  }
}

void say(String text) {
  peers.values().forEach(peer -> peer.offer(text));
}

String readLine(StreamReader reader) throws IOException {
  return new String(reader.readUntil("\n".getBytes())).strip();
}

String askForName(StreamReader reader, StreamWriter writer) throws IOException {
  while (true) {
    writer.write("* your name?\n".getBytes());
    String name = readLine(reader);
    if (name.matches("[A-Za-z0-9_-]{1,16}") && !peers.containsKey(name)) {
      return name;
    }
  }
}

void listen(Peer peer, StreamReader reader) throws IOException, TimeoutException {
  while (true) {
    String line = timeout(Duration.ofMinutes(10), () -> readLine(reader));
    switch (line) {
      case "" -> {}
      case "/who" -> peer.offer("* here: " + String.join(", ", peers.keySet()));
      case "/quit" -> throw new EOFException(peer.name() + " quits");
      default -> say("<" + peer.name() + "> " + line);
    }
  }
}

void converse(StreamReader reader, StreamWriter writer) throws IOException, TimeoutException {
  String name = timeout(Duration.ofSeconds(30), () -> askForName(reader, writer));
  var peer = new Peer(name, writer, new Queue<>(64));
  peers.put(name, peer);
  say("* " + name + " joined");
  try {
    gatherCancelSiblings(Coro.of(peer::write), Coro.of(() -> listen(peer, reader))).await();
  } finally {
    peers.remove(name);
    say("* " + name + " left");
  }
}

void serve(StreamReader reader, StreamWriter writer) {
  try {
    converse(reader, writer);
  } catch (IOException | TimeoutException gone) {
    // it has gone, or is silent, or sends too much
  }
}

void program() throws IOException {
  var stop = new Event();
  addSignalHandler("TERM", stop::set);
  try (var server = startServer(this::serve, "127.0.0.1", 0)) {
    IO.println("listening on 127.0.0.1:" + server.localAddress().getPort());
    stop.await();
  }
}

void main() { run(this::program); }
