package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/// Talks to the sample `smtp` over a plain socket.
final class SmtpClient implements AutoCloseable {

  private static final int PATIENCE_MILLIS = 30_000;

  private Socket socket;

  /// Connects, and reads the greeting.
  SmtpClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_MILLIS);
    String greeting = receive();
    if (!greeting.startsWith("220 ")) {
      throw new IOException(greeting);
    }
  }

  Socket socket() {
    return socket;
  }

  /// {@return the last line of the reply to a line}
  String call(String line) throws IOException {
    send(line + "\r\n");
    return receive();
  }

  void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  /// {@return the last line of a reply}
  String receive() throws IOException {
    String line = receiveLine();
    while (line.charAt(3) == '-') {
      line = receiveLine();
    }
    return line;
  }

  String receiveLine() throws IOException {
    var line = new ByteArrayOutputStream();
    for (int next; (next = socket.getInputStream().read()) != '\n'; line.write(next)) {
      if (next < 0) {
        throw new EOFException("the server closed the connection");
      }
    }
    return line.toString(ISO_8859_1).strip();
  }

  /// Says who it is, and starts a mail.
  void startMail() throws IOException {
    call("EHLO client");
    call("MAIL FROM:<me@example.org>");
    call("RCPT TO:<you@example.org>");
    String answer = call("DATA");
    if (!answer.startsWith("354 ")) {
      throw new IOException(answer);
    }
  }

  void startTls() throws IOException, GeneralSecurityException {
    var context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new TlsEchoTest.Anybody()}, new SecureRandom());
    var tls =
        (SSLSocket)
            context.getSocketFactory().createSocket(socket, "localhost", socket.getPort(), true);
    tls.startHandshake();
    socket = tls;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
