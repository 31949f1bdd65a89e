package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An HTTP server that answers one request of each connection: well, badly or never, as the path
/// says.
final class PipelineFakeUpstream implements AutoCloseable {

  private static final Pattern LENGTH =
      Pattern.compile("\ncontent-length: (\\d+)", Pattern.CASE_INSENSITIVE);

  private static final String UNAVAILABLE =
      "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";

  private final ServerSocket listener;
  private final BlockingQueue<String> waiting = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> gone = new LinkedBlockingQueue<>();

  private final AtomicInteger flaky = new AtomicInteger();

  PipelineFakeUpstream() throws IOException {
    this(0);
  }

  PipelineFakeUpstream(int port) throws IOException {
    listener = new ServerSocket(port, 300, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().daemon().name("upstream").start(this::accept);
  }

  String address() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  /// {@return the paths of the requests that are never answered}
  BlockingQueue<String> waiting() {
    return waiting;
  }

  /// {@return the paths of those whose connection was closed}
  BlockingQueue<String> gone() {
    return gone;
  }

  private void accept() {
    try {
      for (; ; ) {
        Socket accepted = listener.accept();
        Thread.ofPlatform().daemon().name("upstream-connection").start(() -> serve(accepted));
      }
    } catch (IOException closed) {
      // the test is over
    }
  }

  private void serve(Socket accepted) {
    try (accepted) {
      InputStream in = new BufferedInputStream(accepted.getInputStream());
      String head = readHead(in);
      if (!head.isEmpty()) {
        Matcher length = LENGTH.matcher(head);
        String body = length.find() ? read(in, Integer.parseInt(length.group(1))) : "";
        answer(head, body, accepted);
      }
    } catch (IOException lost) {
      // the gateway has left
    }
  }

  private static String readHead(InputStream in) throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        return "";
      }
      head.append((char) next);
    }
    return head.toString();
  }

  private static String read(InputStream in, int length) throws IOException {
    return new String(in.readNBytes(length), ISO_8859_1);
  }

  private void answer(String head, String body, Socket socket) throws IOException {
    String path = head.split(" ", 3)[1];
    OutputStream out = socket.getOutputStream();
    switch (path) {
      case "/echo" -> write(out, ok(head + body, "x-one: 1\r\nkeep-alive: timeout=5\r\n"));
      case "/long" -> write(out, ok("0123456789".repeat(1000), ""));
      case "/flaky" -> write(out, isThird() ? ok("at last", "") : UNAVAILABLE);
      case "/full" -> write(out, ok("x".repeat(60_000), ""));
      case "/large" -> write(out, ok("x".repeat(1 << 20), ""));
      case "/missing" -> write(out, "HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnone");
      case "/nothing" -> write(out, "HTTP/1.1 204 No Content\r\n\r\n");
      case "/head" -> write(out, "HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n");
      case "/garbage" -> write(out, "this is no HTTP\r\n\r\n");
      case "/half" -> write(out, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
      case "/reset" -> socket.setSoLinger(true, 0);
      case "/endless" -> writeForever(out);
      default -> waitForever(path, socket);
    }
  }

  private boolean isThird() {
    return flaky.incrementAndGet() % 3 == 0;
  }

  private static String ok(String body, String headers) {
    return "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: "
        + body.length()
        + "\r\n"
        + headers
        + "\r\n"
        + body;
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(ISO_8859_1));
    out.flush();
  }

  private static void writeForever(OutputStream out) throws IOException {
    write(out, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    for (; ; ) {
      write(out, "4\r\nmore\r\n");
    }
  }

  private void waitForever(String path, Socket socket) throws IOException {
    waiting.add(path);
    try {
      int end = socket.getInputStream().read();
      gone.add(path + (end < 0 ? "" : " sent more"));
    } catch (SocketException reset) {
      gone.add(path);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
