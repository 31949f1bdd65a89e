package io.loop.report;

import java.util.ArrayList;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/// Lines over a logarithmic axis, drawn as SVG.
///
/// @param title the title
/// @param xLabel what the x axis counts
/// @param yLabel what the y axis measures, with its unit
/// @param lines the lines, in the order of the colours
record Plot(String title, String xLabel, String yLabel, List<Line> lines) {

  /*
   *    title
   *    yLabel
   *   max +---------------+
   *       |               |  label of each line, at the height of its last point,
   *     0 +---------------+  moved up where two would overlap
   *       first        last
   *            xLabel
   *
   * The y axis is linear and begins at zero, so that heights compare. The x axis has a tick for each
   * value measured; zero, which has no logarithm, is drawn one decade left of the smallest other
   * value.
   */

  /// A line in one colour.
  ///
  /// @param label the text at its end
  /// @param dashed whether it is a second line of the colour of the one before
  /// @param points from left to right
  record Line(String label, boolean dashed, List<Point> points) {}

  record Point(double x, double y) {}

  private static final int WIDTH = 820;
  private static final int HEIGHT = 440;
  private static final int LEFT = 80;
  private static final int RIGHT = 590;
  private static final int TOP = 74;
  private static final int BOTTOM = 380;
  private static final int LABEL_HEIGHT = 17;

  // Okabe and Ito's, which are distinguishable for most people.
  private static final List<String> COLOURS = List.of("#0072b2", "#d55e00", "#009e73", "#aa4499");

  /// {@return the picture}
  String svg() {
    var picture = new Picture();
    picture.frame();
    picture.axes();
    picture.drawLines();
    return picture.finish();
  }

  private DoubleStream xs() {
    return lines.stream()
        .flatMap(line -> line.points().stream())
        .mapToDouble(Point::x)
        .distinct()
        .sorted();
  }

  /// {@return the distance of two ticks: one, two or five times a power of ten}
  static double tickStep(double max) {
    double rough = max / 5;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    return DoubleStream.of(1, 2, 5, 10)
        .map(times -> times * power)
        .filter(step -> step >= rough * (1 - 1e-9))
        .findFirst()
        .orElseThrow();
  }

  private final class Picture {
    private final Formatter svg = new Formatter(Locale.ROOT);
    private final double yStep;
    private final double yMax;
    private final double smallest = xs().filter(x -> x > 0).min().orElse(1);
    private final double xMin = decade(xs().min().orElse(1));
    private final double xMax = Math.max(xMin + 1, decade(xs().max().orElse(1)));

    Picture() {
      double highest =
          lines.stream()
              .flatMap(line -> line.points().stream())
              .mapToDouble(Point::y)
              .filter(y -> y > 0)
              .max()
              .orElse(1);
      yStep = tickStep(highest);
      yMax = Math.ceil(highest / yStep) * yStep;
    }

    private double decade(double x) {
      return Math.log10(x > 0 ? x : smallest / 10);
    }

    private double across(double x) {
      return LEFT + (RIGHT - LEFT) * (decade(x) - xMin) / (xMax - xMin);
    }

    private double up(double y) {
      return BOTTOM - (BOTTOM - TOP) * y / yMax;
    }

    void frame() {
      svg.format(
          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
              + " font-family=\"sans-serif\" font-size=\"13\" fill=\"#222222\">\n",
          WIDTH, HEIGHT, WIDTH, HEIGHT);
      svg.format("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", WIDTH, HEIGHT);
      write(LEFT, 28, "start", title, "font-size=\"16\" font-weight=\"bold\"");
      write(LEFT, 56, "start", yLabel, "");
      write((LEFT + RIGHT) / 2.0, BOTTOM + 44, "middle", xLabel, "");
    }

    void axes() {
      for (int i = 0; i * yStep <= yMax * (1 + 1e-9); i++) {
        double y = up(i * yStep);
        rule(LEFT, y, RIGHT, y, i == 0 ? "#222222" : "#dddddd");
        write(LEFT - 8, y + 4, "end", count(i * yStep), "");
      }
      xs().forEach(x -> {
        rule(across(x), BOTTOM, across(x), BOTTOM + 5, "#222222");
        write(across(x), BOTTOM + 20, "middle", count(x), "");
      });
    }

    void drawLines() {
      List<Label> labels = new ArrayList<>();
      int colour = -1;
      for (Line line : lines) {
        colour += line.dashed() ? 0 : 1;
        String paint = COLOURS.get(Math.max(colour, 0) % COLOURS.size());
        draw(line, paint);
        if (!line.points().isEmpty()) {
          labels.add(new Label(line.label(), paint, up(line.points().getLast().y())));
        }
      }
      spread(labels);
    }

    private void draw(Line line, String paint) {
      var path = new StringBuilder();
      for (Point point : line.points()) {
        path.append(String.format(Locale.ROOT, "%.1f,%.1f ", across(point.x()), up(point.y())));
      }
      svg.format(
          "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s/>\n",
          path.toString().strip(), paint, line.dashed() ? " stroke-dasharray=\"6 4\"" : "");
      for (Point point : line.points()) {
        svg.format(
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n",
            across(point.x()), up(point.y()), paint);
      }
    }

    private record Label(String text, String paint, double y) {}

    /// Writes the labels from the lowest line up, each at least a line of text above the last.
    private void spread(List<Label> labels) {
      labels.sort((one, other) -> Double.compare(other.y(), one.y()));
      double free = BOTTOM;
      for (Label label : labels) {
        double y = Math.min(label.y(), free);
        svg.format(
            "<text x=\"%d\" y=\"%.1f\" fill=\"%s\">%s</text>\n",
            RIGHT + 12, y + 4, label.paint(), escape(label.text()));
        free = y - LABEL_HEIGHT;
      }
    }

    private void rule(double x1, double y1, double x2, double y2, String paint) {
      svg.format(
          "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
          x1, y1, x2, y2, paint);
    }

    private void write(double x, double y, String anchor, String text, String style) {
      svg.format(
          "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>%s</text>\n",
          x, y, anchor, style, escape(text));
    }

    String finish() {
      return svg.format("</svg>\n").toString();
    }
  }

  private static String count(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%,.0f", value)
        : String.format(Locale.ROOT, "%.2g", value);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
