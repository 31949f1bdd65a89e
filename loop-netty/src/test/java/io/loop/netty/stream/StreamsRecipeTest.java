package io.loop.netty.stream;

import static io.loop.netty.stream.Streams.openConnection;
import static io.loop.netty.stream.Streams.startServer;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.docs.Page;
import io.loop.netty.OnNetty;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class StreamsRecipeTest extends OnNetty {

  private static void run(Coro.Action main) {
    run(Transport.best(), main);
  }

  @Test
  void echo_overTcp_comesBack() {
    PrintStream console = System.out;
    var printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      // recipe: streams
      run(() -> {
        var server =
            startServer(
                (reader, writer) -> {
                  writer.write(reader.readLine());
                  writer.drain();
                },
                "127.0.0.1",
                0);
        int port = server.localAddress().getPort();
        try (server;
            var connection = openConnection("127.0.0.1", port)) {
          connection.writer().write("hello\n".getBytes(StandardCharsets.UTF_8));
          IO.println(new String(connection.reader().readLine(), StandardCharsets.UTF_8).strip());
        }
      });
      // end
    } finally {
      System.setOut(console);
    }

    assertThat(printed.toString(StandardCharsets.UTF_8).lines())
        .containsExactly("hello")
        .isEqualTo(Page.of("asyncio.md").block("streams", "text"));
  }
}
