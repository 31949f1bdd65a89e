import static io.loop.Asyncio.*;
import static io.loop.process.SubprocessOptions.*;
import static io.loop.process.Subprocesses.*;

void program() throws IOException {
  var shell = createSubprocessShell(PIPES, "echo one; echo two; exit 3");
  for (byte[] line : shell.stdout()) {
    IO.println("line " + new String(line).strip());
  }
  IO.println("exit " + shell.waitFor());

  var sort = createSubprocessExec(PIPES, "sort");
  var output = sort.communicate("pear\napple\n".getBytes());
  IO.println("sorted " + new String(output.stdout()).strip().replace('\n', ' '));

  var sleeper = createSubprocessExec("sleep", "60");
  try {
    timeout(Duration.ofMillis(100), () -> sleeper.waitFor());
  } catch (TimeoutException late) {
    sleeper.terminate();
    IO.println("terminated " + sleeper.waitFor());
  }
}

void main() { run(this::program); }
