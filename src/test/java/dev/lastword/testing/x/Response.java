package dev.lastword.testing.x;

import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.MysqlxDatatypes.Scalar;
import dev.lastword.x.protobuf.MysqlxNotice;
import dev.lastword.x.protobuf.MysqlxNotice.SessionStateChanged;
import dev.lastword.x.protobuf.MysqlxResultset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All frames that answer one request, up to and including the one that ends the answer; what came
 * compressed is in here as the frames that it held.
 */
public record Response(List<Frame> frames) {

  public Response {
    frames = List.copyOf(frames);
  }

  /** The frame that ends it. */
  public Frame end() {
    return frames.getLast();
  }

  /** The types of all frames, in order. */
  public List<Integer> types() {
    return frames.stream().map(Frame::type).toList();
  }

  public boolean failed() {
    return end().type() == Frame.ERROR;
  }

  public Mysqlx.Error error() {
    return end().asError();
  }

  /** This response, if it is not an Error. */
  public Response succeeded() {
    if (failed()) {
      throw new AssertionError("the server answered " + end());
    }
    return this;
  }

  public List<MysqlxNotice.Frame> notices() {
    return frames.stream().filter(f -> f.type() == Frame.NOTICE).map(Frame::asNotice).toList();
  }

  /** The values of the LOCAL notices about this parameter. */
  public List<Scalar> states(SessionStateChanged.Parameter parameter) {
    return notices().stream()
        .filter(notice -> notice.getType() == MysqlxNotice.Frame.Type.SESSION_STATE_CHANGED_VALUE)
        .map(XClient::sessionState)
        .filter(state -> state.getParam() == parameter)
        .flatMap(state -> state.getValueList().stream())
        .toList();
  }

  /** How many rows the server says it has changed. */
  public long rowsAffected() {
    return states(SessionStateChanged.Parameter.ROWS_AFFECTED).getFirst().getVUnsignedInt();
  }

  /** The rows of all result sets, one after the other, as text; null is NULL. */
  public List<List<@Nullable String>> rows() {
    return resultSets().stream().flatMap(List::stream).toList();
  }

  /** The rows of each result set as text; null is NULL. */
  public List<List<List<@Nullable String>>> resultSets() {
    List<List<List<@Nullable String>>> sets = new ArrayList<>();
    List<MysqlxResultset.ColumnMetaData> columns = new ArrayList<>();
    List<List<@Nullable String>> rows = new ArrayList<>();
    for (Frame frame : frames) {
      switch (frame.type()) {
        case Frame.COLUMN -> columns.add(frame.asColumn());
        case Frame.ROW -> rows.add(FieldText.of(columns, frame.asRow()));
        case Frame.FETCH_DONE,
            Frame.FETCH_SUSPENDED,
            Frame.FETCH_DONE_MORE_RESULTSETS,
            Frame.FETCH_DONE_MORE_OUT_PARAMS -> {
          if (!columns.isEmpty()) {
            sets.add(rows);
          }
          columns = new ArrayList<>();
          rows = new ArrayList<>();
        }
        default -> {
          // Notices and the end of the response are no part of a result set.
        }
      }
    }
    return sets;
  }

  /** The only value of the only row. */
  public @Nullable String value() {
    List<List<@Nullable String>> rows = rows();
    if (rows.size() != 1 || rows.getFirst().size() != 1) {
      throw new AssertionError("not one value: " + this);
    }
    return rows.getFirst().getFirst();
  }

  @Override
  public String toString() {
    return frames.stream().map(Frame::toString).collect(Collectors.joining("\n"));
  }
}
