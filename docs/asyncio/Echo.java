import static io.loop.Asyncio.*;
import static io.loop.netty.stream.Streams.*;

import io.loop.stream.*;

void handle(StreamReader reader, StreamWriter writer) throws IOException {
  for (byte[] line : reader) {
    writer.write(line);
    writer.drain();
  }
}

void talk(int port, String message) throws IOException {
  try (var connection = openConnection("127.0.0.1", port)) {
    connection.writer().write((message + "\n").getBytes());
    connection.writer().drain();
    IO.println("received " + new String(connection.reader().readLine()).strip());
  }
}

void program() throws IOException {
  try (var server = startServer(this::handle, "127.0.0.1", 0)) {
    int port = server.localAddress().getPort();
    for (String message : List.of("hello", "world")) {
      talk(port, message);
    }
  }
}

void main() { run(this::program); }
