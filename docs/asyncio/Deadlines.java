import static io.loop.Asyncio.*;

int save() {
  sleep(Duration.ofMillis(200));
  IO.println("saved");
  return 42;
}

void program() {
  try {
    timeout(Duration.ofMillis(50), () -> sleep(Duration.ofHours(1)));
  } catch (TimeoutException late) {
    IO.println("too slow");
  }

  var saving = createTask(() -> save());
  try {
    waitFor(shield(saving), Duration.ofMillis(50));
  } catch (TimeoutException late) {
    IO.println("not waiting any longer");
  }
  IO.println("result " + saving.await());
}

void main() { run(this::program); }
