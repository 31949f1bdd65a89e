package io.loop.samples;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/// A client that speaks SOCKS 5 byte by byte, so that it can also break the rules.
final class SocksClient implements AutoCloseable {

  static final int SUCCEEDED = 0;
  static final int GENERAL_FAILURE = 1;
  static final int HOST_UNREACHABLE = 4;
  static final int CONNECTION_REFUSED = 5;
  static final int TIMED_OUT = 6;
  static final int COMMAND_NOT_SUPPORTED = 7;

  static final byte[] NO_AUTH = {5, 1, 0};
  static final byte[] PASSWORD = {5, 1, 2};

  private static final int PATIENCE_MILLIS = 30_000;

  private final Socket socket;
  private final DataInputStream in;

  SocksClient(int port) throws IOException {
    socket =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)).socket();
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(socket.getInputStream());
  }

  /// {@return a client with a tunnel to a port of this machine}
  static SocksClient tunnel(int proxy, int port) throws IOException {
    var client = new SocksClient(proxy);
    client.send(NO_AUTH);
    int method = client.readMethod();
    client.send(connect(port));
    int status = client.readStatus();
    if (method != 0 || status != SUCCEEDED) {
      throw new IOException("method " + method + ", status " + status);
    }
    return client;
  }

  static byte[] login(String name, String password) {
    return bytes(1, (byte) name.length(), name, (byte) password.length(), password);
  }

  /// {@return a request to connect to a port of this machine}
  static byte[] connect(int port) {
    return command(1, 1, new byte[] {127, 0, 0, 1}, port);
  }

  static byte[] connect(String name, int port) {
    return command(1, 3, bytes((byte) name.length(), name), port);
  }

  static byte[] command(int command, int type, byte[] address, int port) {
    return bytes(5, command, 0, type, address, port >> 8, port);
  }

  /// {@return the bytes of numbers, strings and arrays, one after the other}
  static byte[] bytes(Object... parts) {
    var all = new ByteArrayOutputStream();
    for (Object part : parts) {
      switch (part) {
        case byte[] array -> all.writeBytes(array);
        case String text -> all.writeBytes(text.getBytes(US_ASCII));
        default -> all.write(((Number) part).intValue());
      }
    }
    return all.toByteArray();
  }

  Socket socket() {
    return socket;
  }

  OutputStream out() throws IOException {
    return socket.getOutputStream();
  }

  void send(byte[] bytes) throws IOException {
    out().write(bytes);
  }

  /// {@return the next byte, or -1 at the end}
  int read() throws IOException {
    return in.read();
  }

  byte[] readAll() throws IOException {
    return in.readAllBytes();
  }

  String readText(int length) throws IOException {
    return new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
  }

  int readMethod() throws IOException {
    return readPair(5);
  }

  int readLogin() throws IOException {
    return readPair(1);
  }

  private int readPair(int version) throws IOException {
    if (in.readUnsignedByte() != version) {
      throw new IOException("not version " + version);
    }
    return in.readUnsignedByte();
  }

  /// {@return the status of the answer to a command}
  int readStatus() throws IOException {
    int status = readPair(5);
    in.skipNBytes(1);
    InetSocketAddress _ = readAddress();
    return status;
  }

  private InetSocketAddress readAddress() throws IOException {
    byte[] address = in.readNBytes(in.readUnsignedByte() == 4 ? 16 : 4);
    return new InetSocketAddress(InetAddress.getByAddress(address), in.readUnsignedShort());
  }

  void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
