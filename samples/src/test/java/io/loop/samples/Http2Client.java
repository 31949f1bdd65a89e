package io.loop.samples;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/// Speaks HTTP/2 over TLS frame by frame, so that it can also break the rules.
final class Http2Client implements AutoCloseable {

  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RESET = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;

  static final int NO_ERROR = 0;
  static final int PROTOCOL_ERROR = 1;
  static final int REFUSED_STREAM = 7;
  static final int CANCEL = 8;
  static final int ENHANCE_YOUR_CALM = 11;

  static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);
  private static final int INITIAL_WINDOW = 4; // the setting
  private static final int DEFAULT_WINDOW = 65_535;
  private static final int RECEIVE_BUFFER = 65_536;
  private static final int PATIENCE_MILLIS = 30_000;

  /// A frame as it arrives.
  record Frame(int type, int flags, int stream, ByteBuf payload) {
    boolean is(int wanted, int of) {
      return type == wanted && stream == of;
    }

    boolean isLast() {
      return type <= HEADERS && (flags & END_STREAM) != 0;
    }

    /// {@return the error code of RST_STREAM or GOAWAY}
    int code() {
      return payload.getInt(type == GOAWAY ? Integer.BYTES : 0);
    }

    /// {@return the last stream that a GOAWAY allows}
    int lastStream() {
      return payload.getInt(0);
    }
  }

  /// What arrived on a stream.
  ///
  /// @param reset the error code, or -1 if the stream ended without a reset
  record Answer(String status, String body, int reset) {}

  private final Socket plain;
  private final SSLSocket socket;
  private final DataInputStream in;
  private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

  /// Shakes hands, and sends nothing else.
  ///
  /// @param protocols what ALPN offers
  Http2Client(int port, String... protocols) throws IOException {
    plain = new Socket();
    plain.setReceiveBufferSize(RECEIVE_BUFFER); // or a client that does not read takes megabytes
    plain.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    plain.setSoTimeout(PATIENCE_MILLIS);
    plain.setTcpNoDelay(true);
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new TlsEchoTest.Anybody()}, new SecureRandom());
      socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", port, true);
    } catch (GeneralSecurityException impossible) {
      throw new IOException(impossible);
    }
    var parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(protocols);
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    in = new DataInputStream(socket.getInputStream());
  }

  /// Connects with windows that never close.
  static Http2Client connected(int port) throws IOException {
    Http2Client client = connected(port, Integer.MAX_VALUE);
    client.send(WINDOW_UPDATE, 0, 0, number(Integer.MAX_VALUE - DEFAULT_WINDOW));
    return client;
  }

  /// Connects.
  ///
  /// @param window how many bytes each stream may send before WINDOW_UPDATE
  static Http2Client connected(int port, int window) throws IOException {
    var client = new Http2Client(port, "h2");
    client.sendBytes(PREFACE);
    byte[] setting = ByteBuffer.allocate(6).putShort((short) INITIAL_WINDOW).putInt(window).array();
    client.send(SETTINGS, 0, 0, setting);
    return client;
  }

  int port() {
    return socket.getPort();
  }

  void sendBytes(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  void send(int type, int flags, int stream, byte... payload) throws IOException {
    sendBytes(frame(type, flags, stream, payload));
  }

  static byte[] frame(int type, int flags, int stream, byte... payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (payload.length >> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  static byte[] number(int value) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
  }

  /// {@return the headers of a request, encoded}
  ///
  /// @param more names and values
  byte[] request(String method, String path, String... more) {
    Http2Headers headers = new DefaultHttp2Headers(false);
    headers.method(method).path(path).scheme("https").authority("localhost");
    for (int i = 0; i < more.length; i += 2) {
      headers.add(more[i], more[i + 1]);
    }
    return encode(headers);
  }

  byte[] encode(Http2Headers headers) {
    ByteBuf block = Unpooled.buffer();
    try {
      encoder.encodeHeaders(1, headers, block);
      return ByteBufUtil.getBytes(block);
    } catch (Http2Exception impossible) {
      throw new IllegalStateException(impossible);
    } finally {
      block.release();
    }
  }

  /// Sends a request without a body.
  void get(int stream, String path) throws IOException {
    send(HEADERS, END_HEADERS | END_STREAM, stream, request("GET", path));
  }

  /// Begins a request with a body.
  void post(int stream, String path, String... more) throws IOException {
    send(HEADERS, END_HEADERS, stream, request("POST", path, more));
  }

  /// {@return the next frame}
  Frame receive() throws IOException {
    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    return new Frame(type, flags, stream, Unpooled.wrappedBuffer(in.readNBytes(length)));
  }

  /// {@return the next frame of a type on a stream} Those before it are dropped, except that
  /// headers are decoded.
  Frame receive(int type, int stream) throws IOException {
    Frame frame = receive();
    while (!frame.is(type, stream)) {
      if (frame.type() == HEADERS) {
        decode(frame);
      }
      frame = receive();
    }
    return frame;
  }

  Http2Headers decode(Frame headers) throws IOException {
    try {
      return decoder.decodeHeaders(headers.stream(), headers.payload());
    } catch (Http2Exception broken) {
      throw new IOException(broken);
    }
  }

  /// {@return what arrives on a stream until it ends}
  Answer answer(int stream) throws IOException {
    String status = "";
    var body = new ByteArrayOutputStream();
    while (true) {
      Frame frame = receive();
      if (frame.type() == HEADERS) {
        String found = String.valueOf(decode(frame).status());
        status = frame.stream() == stream ? found : status;
      } else if (frame.is(DATA, stream)) {
        body.writeBytes(ByteBufUtil.getBytes(frame.payload()));
      } else if (frame.is(RESET, stream)) {
        return new Answer(status, body.toString(US_ASCII), frame.code());
      }
      if (frame.stream() == stream && frame.isLast()) {
        return new Answer(status, body.toString(US_ASCII), -1);
      }
    }
  }

  /// {@return everything that arrives until the connection ends, as text}
  String readAll() throws IOException {
    return new String(in.readAllBytes(), US_ASCII);
  }

  /// Ends the connection with a reset.
  void reset() throws IOException {
    plain.setSoLinger(true, 0);
    plain.close();
  }

  @Override
  public void close() throws IOException {
    plain.close();
  }
}
