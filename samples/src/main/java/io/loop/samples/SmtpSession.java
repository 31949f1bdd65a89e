package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.loop.netty.stream.Streams;
import io.loop.netty.transport.TlsOptions;
import io.loop.scope.Timeout;
import io.loop.stream.IncompleteReadException;
import io.loop.stream.LimitOverrunException;
import io.loop.stream.LineTooLongException;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import java.io.IOException;
import java.io.Serial;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One SMTP conversation: RFC 5321, with STARTTLS, SIZE, 8BITMIME and PIPELINING.
final class SmtpSession {

  /*
   * What the client has said so far is in three fields:
   *
   *   client == null --EHLO--> client, sender == null --MAIL--> sender --RCPT--> recipients --DATA--+
   *        ^                      ^                                                                 |
   *        +------STARTTLS--------+-----------------------------RSET, EHLO, the end of the mail-----+
   *
   * The loop sends the replies to everything that has arrived together, when it next polls. That is
   * all that PIPELINING needs.
   *
   * A mail ends with CR LF, a dot, CR LF. Servers that also take a line feed for the end of a line
   * can be made to see two mails where others see one, so lines with only one of the two are
   * refused.
   */

  /// Where the mails go.
  static final class Box {
    private final Path directory;
    private int room;

    /// Creates a box.
    ///
    /// @param directory where the mails are written
    /// @param room how many more it takes
    Box(Path directory, int room) {
      this.directory = directory;
      this.room = room;
    }
  }

  /// What a client may do.
  ///
  /// @param size the largest mail, in bytes
  /// @param recipients how many one mail may have
  /// @param patience how long to wait for a command, or a block of a mail
  record Limits(long size, int recipients, Duration patience) {}

  /// What a client says: `MAIL` and `FROM:<me@example.org> SIZE=100`.
  private record Command(String verb, String rest) {}

  /// The conversation cannot go on, because the client is in the middle of a mail.
  private static final class Interrupted extends IOException {
    @Serial private static final long serialVersionUID = 1;

    Interrupted(String message) {
      super(message);
    }
  }

  private static final System.Logger LOG = System.getLogger("io.loop.samples.smtp");
  private static final byte[] END_OF_LINE = {'\r', '\n'};
  private static final String ADDRESS = "<([\\x21-\\x7e&&[^<>]]{0,254})>";
  private static final Pattern MAIL_FROM =
      Pattern.compile("FROM: ?" + ADDRESS + "((?: [\\x21-\\x7e]+)*)", Pattern.CASE_INSENSITIVE);
  private static final Pattern RCPT_TO =
      Pattern.compile("TO: ?" + ADDRESS, Pattern.CASE_INSENSITIVE);
  private static final Pattern PARAMETER =
      Pattern.compile("SIZE=(\\d{1,18})|BODY=(?:7BIT|8BITMIME)", Pattern.CASE_INSENSITIVE);
  private static final Pattern HOST = Pattern.compile("[\\w.:\\[\\]-]{1,255}");
  private static final int MOST_FAULTS = 20;

  private final StreamReader reader;
  private final StreamWriter writer;
  private final TlsOptions tls;
  private final Box box;
  private final Limits limits;
  private final Timeout deadline;

  private @Nullable String client; // as it calls itself
  private @Nullable String sender;
  private final List<String> recipients = new ArrayList<>();
  private boolean encrypted;
  private int faults;

  SmtpSession(StreamReader reader, StreamWriter writer, TlsOptions tls, Box box, Limits limits) {
    this.reader = reader;
    this.writer = writer;
    this.tls = tls;
    this.box = box;
    this.limits = limits;
    this.deadline = Timeout.after(limits.patience());
  }

  /// Talks with the client until one of the two ends it.
  void serve() {
    try {
      deadline.run(_ -> talk());
    } catch (TimeoutException silent) {
      reply(421, "You are silent for too long");
    }
  }

  private void talk() {
    try {
      converse();
    } catch (LineTooLongException tooLong) {
      reply(500, "The line is too long"); // and it is not known where the next one starts
    } catch (IOException lost) {
      LOG.log(Level.DEBUG, () -> "lost " + client + ": " + lost.getMessage());
    }
  }

  private void converse() throws IOException {
    reply(220, "localhost ESMTP");
    for (Command command; faults < MOST_FAULTS && (command = next()) != null; ) {
      switch (command.verb()) {
        case "EHLO", "HELO" -> hello(command);
        case "STARTTLS" -> startTls(command);
        case "MAIL" -> mail(command.rest());
        case "RCPT" -> recipient(command.rest());
        case "DATA" -> data(command);
        case "RSET" -> {
          forgetMail();
          reply(250, "Forgotten");
        }
        case "NOOP" -> reply(250, "Nothing done");
        case "VRFY" -> reply(252, "Send it, and you will see");
        case "QUIT" -> {
          reply(221, "Goodbye");
          return;
        }
        default -> fault(500, "Unknown command");
      }
      writer.drain(); // waits while the client does not read
    }
    if (faults >= MOST_FAULTS) {
      reply(421, "Too many errors");
    }
  }

  /// {@return what the client says next, or null if it has nothing more to say}
  private @Nullable Command next() throws IOException {
    byte[] bytes = reader.readLine();
    deadline.rescheduleAfter(limits.patience());
    if (bytes.length == 0 || bytes[bytes.length - 1] != '\n') {
      return null; // half a command is none
    }
    String[] words = new String(bytes, ISO_8859_1).strip().split(" ", 2);
    String rest = words.length == 2 ? words[1].strip() : "";
    return new Command(words[0].toUpperCase(Locale.ROOT), rest);
  }

  private void hello(Command command) {
    if (!HOST.matcher(command.rest()).matches()) {
      fault(501, "Say who you are");
      return;
    }
    client = command.rest();
    forgetMail();
    if (command.verb().equals("HELO")) {
      reply(250, "localhost");
      return;
    }
    List<String> lines =
        new ArrayList<>(List.of("localhost", "PIPELINING", "8BITMIME", "SIZE " + limits.size()));
    if (!encrypted) {
      lines.add("STARTTLS");
    }
    for (String line : lines.subList(0, lines.size() - 1)) {
      write("250-" + line);
    }
    reply(250, lines.getLast());
  }

  /// Goes on with TLS. Bytes that arrived after the command are part of the handshake, so commands
  /// that an attacker added in plain text are never run.
  private void startTls(Command command) throws IOException {
    if (encrypted || !command.rest().isEmpty()) {
      fault(encrypted ? 503 : 501, encrypted ? "TLS is on" : "There is nothing to add");
      return;
    }
    reply(220, "Go ahead");
    Streams.startTls(writer, tls);
    encrypted = true;
    client = null;
    forgetMail();
  }

  private void mail(String rest) {
    Matcher parts = MAIL_FROM.matcher(rest);
    if (client == null || sender != null) {
      fault(503, client == null ? "Say EHLO first" : "There is a sender already");
    } else if (!parts.matches()) {
      fault(501, "Expected MAIL FROM:<address>");
    } else if (box.room <= 0) {
      reply(452, "There is no room for more mails");
    } else if (takesAll(parts.group(2))) {
      sender = parts.group(1);
      reply(250, "Sender ok");
    }
  }

  private boolean takesAll(String parameters) {
    for (String each : parameters.strip().split(" ", -1)) {
      Matcher parameter = PARAMETER.matcher(each);
      if (!each.isEmpty() && !parameter.matches()) {
        fault(555, "Unknown parameter");
        return false;
      }
      if (!each.isEmpty()
          && parameter.group(1) != null
          && Long.parseLong(parameter.group(1)) > limits.size()) {
        reply(552, "The mail is too large");
        return false;
      }
    }
    return true;
  }

  private void recipient(String rest) {
    Matcher parts = RCPT_TO.matcher(rest);
    if (sender == null) {
      fault(503, "Say MAIL first");
    } else if (!parts.matches() || parts.group(1).isEmpty()) {
      fault(501, "Expected RCPT TO:<address>");
    } else if (recipients.size() >= limits.recipients()) {
      fault(452, "Too many recipients");
    } else {
      recipients.add(parts.group(1));
      reply(250, "Recipient ok");
    }
  }

  private void data(Command command) throws IOException {
    if (recipients.isEmpty() || !command.rest().isEmpty()) {
      fault(recipients.isEmpty() ? 503 : 501, "Say MAIL and RCPT, then only DATA");
      return;
    }
    if (box.room <= 0) {
      reply(452, "There is no room for more mails");
      return;
    }
    box.room--; // now, because others ask while this mail arrives
    boolean kept = false;
    try (SmtpMail mail = SmtpMail.create(box.directory)) {
      reply(354, "End with a dot");
      mail.add(envelope(), 0);
      String obstacle = receive(mail);
      if (obstacle == null) {
        String name = mail.complete();
        kept = true;
        reply(250, "Kept as " + name);
        LOG.log(Level.DEBUG, () -> name + " is from " + sender + " for " + recipients);
      } else {
        faults++;
        write(obstacle);
      }
    } catch (SmtpMail.StorageException failed) {
      LOG.log(Level.ERROR, String.valueOf(failed.getMessage()), failed);
      reply(451, "The mail cannot be kept");
      throw new Interrupted("its disk has failed");
    } finally {
      if (!kept) {
        box.room++;
      }
      forgetMail();
    }
  }

  /// Receives a mail up to its end, without the dots that were added before dots.
  ///
  /// @return the reply if it cannot be kept, or null
  private @Nullable String receive(SmtpMail mail) throws IOException, SmtpMail.StorageException {
    String obstacle = null;
    long received = 0;
    byte[] line = readTextLine();
    while (line.length != 3 || line[0] != '.') {
      received += line.length;
      if (received > limits.size()) {
        obstacle = "552 The mail is too large";
      } else if (isBroken(line)) {
        obstacle = "554 Lines must end with CR LF";
      }
      if (received > 2 * limits.size()) {
        reply(421, "The mail does not end");
        throw new Interrupted("it does not end");
      }
      if (obstacle == null && mail.add(line, line[0] == '.' ? 1 : 0)) {
        deadline.rescheduleAfter(limits.patience());
      }
      line = readTextLine();
    }
    return obstacle;
  }

  private byte[] readTextLine() throws IOException {
    try {
      return reader.readUntil(END_OF_LINE);
    } catch (LimitOverrunException tooLong) {
      reply(421, "The line is too long");
      throw new Interrupted("a line is too long");
    } catch (IncompleteReadException lost) {
      throw new Interrupted("its end is missing");
    }
  }

  private static boolean isBroken(byte[] line) {
    for (int i = 0; i < line.length - END_OF_LINE.length; i++) {
      if (line[i] == '\n' || line[i] == '\r') {
        return true;
      }
    }
    return false;
  }

  /// {@return the lines that say how the mail came here}
  private byte[] envelope() {
    var lines = new StringBuilder();
    lines.append("Return-Path: <").append(sender).append(">\r\n");
    for (String recipient : recipients) {
      lines.append("Delivered-To: ").append(recipient).append("\r\n");
    }
    var from = (InetSocketAddress) writer.getExtraInfo("peername");
    lines
        .append("Received: from ")
        .append(client)
        .append(from == null ? "" : " ([" + from.getAddress().getHostAddress() + "])")
        .append("\r\n by localhost with ")
        .append(encrypted ? "ESMTPS" : "ESMTP")
        .append("; ")
        .append(DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)))
        .append("\r\n");
    return lines.toString().getBytes(US_ASCII);
  }

  private void forgetMail() {
    sender = null;
    recipients.clear();
  }

  private void fault(int code, String text) {
    faults++;
    reply(code, text);
  }

  private void reply(int code, String text) {
    write(code + " " + text);
  }

  private void write(String line) {
    writer.write((line + "\r\n").getBytes(US_ASCII));
  }
}
