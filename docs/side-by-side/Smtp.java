import static io.loop.Asyncio.*;
import static io.loop.netty.stream.Streams.*;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.loop.stream.*;
import io.loop.sync.Event;

static final int LARGEST = 1_000_000;
static final Pattern FROM = Pattern.compile("(?i)FROM: ?<([^<>]*)>");
static final Pattern TO = Pattern.compile("(?i)TO: ?<([^<>]+)>");

static Path directory;

/// @param envelope the sender, then the recipients
record Session(StreamReader reader, StreamWriter writer, List<String> envelope) {
  void reply(String text) {
    writer.write((text + "\r\n").getBytes());
  }

  String readLine() throws TimeoutException {
    byte[] line = timeout(Duration.ofMinutes(5), () -> reader.readUntil("\r\n".getBytes()));
    return new String(line, ISO_8859_1);
  }

  void talk() throws IOException, TimeoutException {
    reply("220 localhost ESMTP");
    while (answer(readLine().strip())) {
      writer.drain();
    }
  }

  boolean answer(String line) throws IOException, TimeoutException {
    String[] words = (line + " ").split(" ", 2);
    switch (words[0].toUpperCase()) {
      case "HELO", "EHLO", "RSET" -> {
        envelope.clear();
        reply("250 localhost");
      }
      case "MAIL" -> add(FROM.matcher(words[1]), envelope.isEmpty());
      case "RCPT" -> add(TO.matcher(words[1]), !envelope.isEmpty() && envelope.size() <= 100);
      case "DATA" -> data();
      case "NOOP" -> reply("250 Nothing done");
      case "QUIT" -> {
        reply("221 Goodbye");
        return false;
      }
      default -> reply("500 Unknown command");
    }
    return true;
  }

  void add(Matcher address, boolean fits) {
    if (address.lookingAt() && fits) {
      envelope.add(address.group(1));
      reply("250 Address ok");
    } else {
      reply("503 Expected MAIL FROM:<address>, then RCPT TO:<address>");
    }
  }

  void data() throws IOException, TimeoutException {
    if (envelope.size() < 2) {
      reply("503 Say MAIL and RCPT first");
      return;
    }
    reply("354 End with a dot");
    var mail = new StringBuilder("Envelope: " + String.join(" ", envelope) + "\r\n");
    for (String line; !(line = readLine()).equals(".\r\n"); ) {
      if (mail.length() <= LARGEST) {
        mail.append(line, line.startsWith(".") ? 1 : 0, line.length());
      }
    }
    if (mail.length() > LARGEST) {
      reply("552 The mail is too large");
    } else {
      reply("250 Kept as " + toThread(() -> keep(mail.toString())));
    }
    envelope.clear();
  }
}

static String keep(String mail) throws IOException {
  String name = UUID.randomUUID() + ".eml";
  Path part = Files.writeString(directory.resolve(name + ".part"), mail, ISO_8859_1);
  Files.move(part, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  return name;
}

void serve(StreamReader reader, StreamWriter writer) {
  try {
    new Session(reader, writer, new ArrayList<>()).talk();
  } catch (IOException | TimeoutException gone) {
    // it has gone, or is silent, or its line is too long
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

void main(String[] arguments) {
  directory = Path.of(arguments[0]);
  run(this::program);
}
