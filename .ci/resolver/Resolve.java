import io.loop.Asyncio;
import io.loop.netty.NettyLoop;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// Prints the addresses of names, sorted: `name: address address`. With `--reasons`, why it has none.
public final class Resolve {

  private Resolve() {}

  public static void main(String[] arguments) {
    List<String> names = Arrays.stream(arguments).filter(each -> !each.startsWith("--")).toList();
    boolean reasons = arguments[0].equals("--reasons");
    Asyncio.run(() -> {
      for (String name : names) {
        try {
          System.out.println(
              name
                  + ": "
                  + NettyLoop.getaddrinfo(name, 0).stream()
                      .map(InetSocketAddress::getAddress)
                      .map(NetUtil::toAddressString)
                      .sorted()
                      .collect(Collectors.joining(" ")));
        } catch (IOException unknown) {
          System.out.println(reasons ? unknown.getMessage() : name + ": ");
        }
      }
      return 0;
    });
  }
}
