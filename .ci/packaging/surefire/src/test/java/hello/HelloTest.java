package hello;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class HelloTest {

  @Test
  void hello_isEchoed() throws Exception {
    String said = Hello.sayHello();

    System.out.println(said);
    assertTrue(said.startsWith("hello carrier=loop"), said);
  }
}
