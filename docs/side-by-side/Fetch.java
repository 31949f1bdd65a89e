import static io.loop.Asyncio.*;
import static io.loop.netty.stream.Streams.*;

import io.loop.scope.*;
import java.security.MessageDigest;

static final Pattern LENGTH = Pattern.compile("(?i)\ncontent-length: (\\d+)");
static final Retry RETRY =
    Retry.DEFAULT
        .withAttempts(4)
        .withFirstDelay(Duration.ofMillis(200))
        .withRetried(fault -> fault instanceof IOException || fault instanceof TimeoutException);

String get(String url) throws Exception {
  var parts = URI.create(url);
  int port = parts.getPort() < 0 ? 80 : parts.getPort();
  try (var connection = openConnection(parts.getHost(), port)) {
    String request = "GET " + parts.getPath() + " HTTP/1.0\r\nHost: " + parts.getAuthority();
    connection.writer().write((request + "\r\n\r\n").getBytes());
    var head = new String(connection.reader().readUntil("\r\n\r\n".getBytes()));
    int status = Integer.parseInt(head.split(" ")[1]);
    if (status != 200) {
      throw status >= 500 ? new IOException("status " + status) : new Exception("status " + status);
    }
    var digest = MessageDigest.getInstance("SHA-256");
    int size = 0;
    for (byte[] block; (block = connection.reader().read(65_536)).length > 0; ) {
      digest.update(block);
      size += block.length;
    }
    var length = LENGTH.matcher(head);
    if (length.find() && size != Integer.parseInt(length.group(1))) {
      throw new IOException("the body is incomplete");
    }
    return HexFormat.of().formatHex(digest.digest()) + " " + size;
  }
}

boolean fetch(String url) {
  try {
    String result = RETRY.call(() -> timeout(Duration.ofMinutes(1), () -> get(url)));
    IO.println(result + " " + url);
    return true;
  } catch (Exception fault) {
    IO.println("failed: " + url + ": " + fault.getMessage());
    return false;
  }
}

void main(String[] urls) {
  List<Boolean> results = run(() -> TaskGroup.map(List.of(urls), 16, this::fetch));
  System.exit(results.contains(false) ? 1 : 0);
}
