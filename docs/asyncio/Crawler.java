import static io.loop.Asyncio.*;
import static io.loop.netty.stream.Streams.*;

import io.loop.scope.*;
import io.loop.stream.*;
import io.loop.sync.Semaphore;

static final Map<String, String> PAGES =
    Map.of("/", "<a href=/a> <a href=/b>", "/a", "<a href=/c>", "/b", "<a href=/>", "/c", "");

void serve(StreamReader reader, StreamWriter writer) throws IOException {
  var request = new String(reader.readUntil("\r\n\r\n".getBytes()));
  writer.write(("HTTP/1.0 200 OK\r\n\r\n" + PAGES.get(request.split(" ")[1])).getBytes());
}

String fetch(int port, String path) throws IOException {
  try (var connection = openConnection("127.0.0.1", port)) {
    connection.writer().write(("GET " + path + " HTTP/1.0\r\n\r\n").getBytes());
    return new String(connection.reader().read()).split("\r\n\r\n", 2)[1];
  }
}

void crawl(int port, String path, Set<String> seen, Semaphore limit, TaskGroup group) {
  String page = limit.with(() -> fetch(port, path));
  for (var match : Pattern.compile("href=([^>]+)").matcher(page).results().toList()) {
    if (seen.add(match.group(1))) {
      group.createTask(() -> crawl(port, match.group(1), seen, limit, group));
    }
  }
}

void program() throws IOException {
  var seen = new TreeSet<>(Set.of("/"));
  try (var server = startServer(this::serve, "127.0.0.1", 0)) {
    int port = server.localAddress().getPort();
    TaskGroup.run(group -> crawl(port, "/", seen, new Semaphore(2), group));
  }
  IO.println("found " + String.join(" ", seen));
}

void main() { run(this::program); }
