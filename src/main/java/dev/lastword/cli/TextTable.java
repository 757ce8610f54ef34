package dev.lastword.cli;

import dev.lastword.cli.Terminal.Colour;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Columns of text that stand under each other and fit the terminal. */
final class TextTable {
  /** A column is not made narrower than this. */
  private static final int NARROWEST = 8;

  private static final String GAP = "  ";

  private final List<String> heads;
  private final boolean[] right;
  private final List<List<Cell>> rows = new ArrayList<>();

  private record Cell(String text, Colour colour) {}

  TextTable(List<String> heads) {
    this.heads = List.copyOf(heads);
    right = new boolean[heads.size()];
  }

  /** Begins a row. */
  void row() {
    rows.add(new ArrayList<>());
  }

  /** Adds a cell to the row. */
  void cell(String text, boolean number, Colour colour) {
    List<Cell> row = rows.getLast();
    right[row.size()] |= number;
    row.add(new Cell(text, colour));
  }

  void cell(String text) {
    cell(text, false, Colour.NONE);
  }

  /** Its lines, the names of the columns first. */
  List<String> lines(Terminal terminal) {
    int[] widths = widths(terminal.columns());
    List<String> lines = new ArrayList<>();
    StringBuilder head = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String name = heads.get(i).replace('_', ' ').toUpperCase(Locale.ROOT);
      append(head, i, new Cell(name, Colour.FAINT), widths[i], terminal);
    }
    lines.add(head.toString().stripTrailing());
    for (List<Cell> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        append(line, i, row.get(i), widths[i], terminal);
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  private void append(StringBuilder line, int column, Cell cell, int width, Terminal terminal) {
    String text = shortened(cell.text(), width);
    String blanks = " ".repeat(width - length(text));
    String shown = terminal.coloured(cell.colour(), text);
    line.append(column == 0 ? "" : GAP)
        .append(right[column] ? blanks : "")
        .append(shown)
        .append(right[column] ? "" : blanks);
  }

  /** The widest columns give way first. */
  private int[] widths(int room) {
    int[] widths = new int[heads.size()];
    int sum = GAP.length() * (widths.length - 1);
    for (int i = 0; i < widths.length; i++) {
      widths[i] = length(heads.get(i));
      for (List<Cell> row : rows) {
        widths[i] = Math.max(widths[i], length(row.get(i).text()));
      }
      sum += widths[i];
    }
    while (sum > room) {
      int widest = 0;
      for (int i = 1; i < widths.length; i++) {
        widest = widths[i] >= widths[widest] ? i : widest;
      }
      if (widths[widest] <= NARROWEST) {
        break;
      }
      widths[widest]--;
      sum--;
    }
    return widths;
  }

  static String shortened(String text, int width) {
    return length(text) <= width
        ? text
        : text.substring(0, text.offsetByCodePoints(0, Math.max(0, width - 1))) + "…";
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
