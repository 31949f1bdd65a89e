package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.netty.LoopGroup;
import io.loop.netty.OnNetty;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// What the tests of servers share.
abstract class ServerTests extends OnNetty {

  final List<String> log = new CopyOnWriteArrayList<>();

  /// Runs a body on a loop of the kind that is tested.
  void runOn(Transport transport, Coro.Action body) {
    run(transport, body);
  }

  static Task<Void> serve(Server server) {
    return Asyncio.createTask(() -> server.serveForever());
  }

  static void assertCancelled(Task<Void> task) {
    assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
  }

  static void send(Socket socket, String text) {
    try {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  static String rest(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
  }

  static boolean isEnded(Socket socket) {
    try {
      return socket.getInputStream().read() == -1;
    } catch (IOException reset) {
      return true;
    }
  }

  static boolean close(LoopGroup group) {
    group.close();
    return true;
  }
}
