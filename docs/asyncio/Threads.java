import static io.loop.Asyncio.*;

String digest(String text) throws GeneralSecurityException {
  var sha256 = MessageDigest.getInstance("SHA-256");
  return HexFormat.of().formatHex(sha256.digest(text.getBytes()), 0, 4);
}

void program() {
  IO.println("thread " + toThread(() -> digest("one")));
  IO.println("default " + runInExecutor(() -> digest("two")).await());
  try (var pool = Executors.newFixedThreadPool(2)) {
    var three = runInExecutor(pool, () -> digest("three"));
    var four = runInExecutor(pool, () -> digest("four"));
    IO.println("pool " + String.join(" ", gather(three, four).await()));
  }
}

void main() { run(this::program); }
