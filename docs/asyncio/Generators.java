import static io.loop.Asyncio.*;

import io.loop.scope.*;

void pages(int count, Emitter<List<Integer>> out) {
  try {
    for (int number = 0; number < count; number++) {
      sleep(Duration.ofMillis(10));
      out.emit(List.of(2 * number, 2 * number + 1));
    }
  } finally {
    sleep(Duration.ofMillis(10));
    IO.println("connection closed");
  }
}

void rows(int count, Emitter<Integer> out) {
  try (Generator<List<Integer>> batches = Generator.of(pages -> pages(count, pages))) {
    batches.forEach(batch -> batch.forEach(out::emit));
  }
}

void program() {
  try (Generator<Integer> found = Generator.of(out -> rows(100, out))) {
    found.stream().limit(3).forEach(row -> IO.println("row " + row));
  }
  IO.println("done");
}

void main() { run(this::program); }
