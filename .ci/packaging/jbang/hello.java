///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25
//DEPS io.loop:loop-netty:0.1.0-SNAPSHOT
//RUNTIME_OPTIONS --add-opens=java.base/java.lang=ALL-UNNAMED --enable-native-access=ALL-UNNAMED

import io.loop.Asyncio;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.Transport;
import io.loop.task.Task;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

void main() throws IOException {
  String answer = Asyncio.run(this::askOwnServer);
  String carrier = Task.isPortable() ? "portable" : "loop";
  IO.println(answer + " carrier=" + carrier + " transport=" + Transport.best());
}

String askOwnServer() throws IOException {
  Server server =
      Streams.startServer((reader, writer) -> writer.write(reader.readLine()), "127.0.0.1", 0);
  try (var connection = Streams.openConnection("127.0.0.1", server.localAddress().getPort())) {
    connection.writer().write("hello\n".getBytes(StandardCharsets.US_ASCII));
    return new String(connection.reader().readLine(), StandardCharsets.US_ASCII).strip();
  } finally {
    server.close();
  }
}
