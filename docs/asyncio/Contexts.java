import static io.loop.Asyncio.*;

import io.loop.context.*;

static final ContextVar<String> REQUEST = ContextVar.of("request", "none");

void log(String message) {
  sleep(Duration.ofMillis(10));
  IO.println("[" + REQUEST.get() + "] " + message);
}

void handle(String name) {
  REQUEST.set(name);
  log("begins");
  createTask(() -> log("in a child")).await();
  toThread(() -> IO.println("[" + REQUEST.get() + "] in a thread"));
}

void program() {
  createTask(() -> handle("a")).await();
  createTask(() -> handle("b")).await();
  log("outside");
  Context.copyCurrent().run(() -> REQUEST.set("copy"));
  log("unchanged");
}

void main() { run(this::program); }
