package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.UnixOperatingSystemMXBean;
import io.loop.Asyncio;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SendfileTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";
  private static final byte[] DATA = TlsTest.randomBytes(1_200_000);

  @TempDir Path directory;

  private Path file() throws IOException {
    return Files.write(directory.resolve("data"), DATA);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void sendfile_whole_arrivesBetweenWhatIsWritten(Transport transport) throws IOException {
    Path file = file();
    assertArrives(transport, file, ServerOptions.DEFAULT, ConnectionOptions.DEFAULT);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void sendfile_tls_arrivesToo(Transport transport) throws IOException {
    Path file = file();
    assertArrives(transport, file, TlsTest.SERVER, TlsTest.CLIENT);
  }

  private static void assertArrives(
      Transport transport, Path file, ServerOptions options, ConnectionOptions client) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    writer.write(TlsTest.ascii("head"));
                    assertThat(Streams.sendfile(writer, file)).isEqualTo(DATA.length);
                    writer.write(TlsTest.ascii("tail"));
                  },
                  LOCAL,
                  0,
                  options);
          StreamConnection connection = TlsTest.open(server, client);

          byte[] all = connection.reader().read();

          assertThat(all).hasSize(DATA.length + 8);
          assertThat(Arrays.copyOfRange(all, 4, all.length - 4)).isEqualTo(DATA);
          assertThat(all).startsWith(TlsTest.ascii("head")).endsWith(TlsTest.ascii("tail"));
          TlsTest.end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void sendfile_partBeyondTheEnd_sendsWhatThereIsAndLeavesTheFileOpen(Transport transport)
      throws IOException {
    Path path = file();
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    try (FileChannel file = FileChannel.open(path)) {
                      assertThat(Streams.sendfile(writer, file, DATA.length - 10, 100))
                          .isEqualTo(10);
                      assertThat(file.position()).isEqualTo(DATA.length);
                      assertThat(Streams.sendfile(writer, file, 0, 5)).isEqualTo(5);
                      assertThat(file.position()).isEqualTo(5);
                      assertThat(Streams.sendfile(writer, file, DATA.length + 10, 5)).isZero();
                      assertThat(file.isOpen()).isTrue();
                    }
                  },
                  LOCAL,
                  0);
          StreamConnection connection = TlsTest.open(server, ConnectionOptions.DEFAULT);

          assertThat(connection.reader().read()).hasSize(15);
          TlsTest.end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void sendfile_peerDoesNotRead_canBeCancelledAndRefusesOtherWrites(Transport transport)
      throws IOException {
    Path path = Files.createFile(directory.resolve("large"));
    try (var large = Files.newByteChannel(path, StandardOpenOption.WRITE)) {
      large.position(256 << 20);
      large.write(ByteBuffer.allocate(1)); // mostly a hole
    }
    run(
        transport,
        () -> {
          Server server = Streams.startServer((_, _) -> Asyncio.sleep(PATIENCE), LOCAL, 0);
          StreamConnection connection = TlsTest.open(server, ConnectionOptions.DEFAULT);
          Task<Long> sending =
              Asyncio.createTask(() -> Streams.sendfile(connection.writer(), path));
          polls(2); // it has begun, and does not end

          assertThatThrownBy(() -> connection.writer().write(new byte[1]))
              .isInstanceOf(IllegalStateException.class);
          assertThatThrownBy(() -> Streams.sendfile(connection.writer(), path))
              .isInstanceOf(IllegalStateException.class);
          sending.cancel();
          assertThatThrownBy(sending::await).isInstanceOf(CancelledError.class);
          connection.writer().write(new byte[1]); // it is free again
          polls(5);
          assertThat(connection.writer().isClosing()).isFalse();
          connection.writer().abort();
          server.close();
          server.abortClients();
          server.waitClosed();
          assertThatThrownBy(() -> Streams.sendfile(connection.writer(), path))
              .isInstanceOf(IllegalStateException.class);
        });
  }

  /// On epoll Netty has begun with a piece by then, ends the connection's output and drops all
  /// later writes.
  @ParameterizedTest
  @MethodSource("transports")
  void sendfile_fileIsClosedMeanwhile_failsAndNobodyHangs(Transport transport) throws IOException {
    Path path = Files.createFile(directory.resolve("large"));
    try (var large = Files.newByteChannel(path, StandardOpenOption.WRITE)) {
      large.position(64 << 20);
      large.write(ByteBuffer.allocate(1)); // mostly a hole
    }
    run(
        transport,
        () -> {
          List<Throwable> faults = new ArrayList<>();
          FileChannel file = FileChannel.open(path);
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    faults.add(
                        Pipelines.thrownBy(
                            () -> Streams.sendfile(writer, file, 0, Long.MAX_VALUE)));
                    writer.write(new byte[1 << 20]);
                    try {
                      writer.drain();
                    } catch (IOException lost) {
                      faults.add(lost);
                    }
                  },
                  LOCAL,
                  0);
          Socket socket = connect(server);
          offLoop(() -> socket.getInputStream().read());

          file.close();
          offLoop(() -> {
            while (socket.getInputStream().read(new byte[1 << 16]) >= 0) {
              // to the end
            }
            return true;
          });

          until(() -> server.connectionCount() == 0);
          assertThat(faults).isNotEmpty();
          assertThat(faults).allSatisfy(fault -> assertThat(fault).isInstanceOf(IOException.class));
          socket.close();
          server.close();
          server.waitClosed();
        });
  }

  /// Netty's own way on io_uring leaves a pipe for each piece.
  @ParameterizedTest
  @MethodSource("transports")
  void sendfile_whole_leavesNoDescriptor(Transport transport) throws IOException {
    Path path = Files.write(directory.resolve("pieces"), new byte[40 << 20]);
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer((_, writer) -> Streams.sendfile(writer, path), LOCAL, 0);
          long before = openDescriptors();

          StreamConnection connection = TlsTest.open(server, ConnectionOptions.DEFAULT);
          assertThat(connection.reader().read()).hasSize(40 << 20);

          assertThat(openDescriptors() - before).isLessThan(40);
          TlsTest.end(server, connection);
        });
  }

  private static long openDescriptors() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getOpenFileDescriptorCount()
        : 0;
  }

  @ParameterizedTest
  @MethodSource("transports")
  void sendfile_behindTwoGibibytes_sendsFromThere(Transport transport) throws IOException {
    Path path = Files.createFile(directory.resolve("huge"));
    long far = (1L << 31) + 12_345;
    try (var huge = Files.newByteChannel(path, StandardOpenOption.WRITE)) {
      huge.position(far);
      huge.write(ByteBuffer.wrap(DATA)); // behind a hole
    }
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    try (FileChannel file = FileChannel.open(path)) {
                      Streams.sendfile(writer, file, far, DATA.length);
                    }
                  },
                  LOCAL,
                  0);

          StreamConnection connection = TlsTest.open(server, ConnectionOptions.DEFAULT);

          assertThat(connection.reader().read()).isEqualTo(DATA);
          TlsTest.end(server, connection);
        });
  }
}
