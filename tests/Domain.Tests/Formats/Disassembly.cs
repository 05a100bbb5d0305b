using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Domain.Tests.Formats;

/// <summary>Prints frames as text, field by field: what golden files are compared with.</summary>
internal sealed class Disassembly
{
    private readonly StringBuilder _text = new();

    public static string OfFrame(ReadOnlySpan<byte> bytes)
    {
        var printer = new Disassembly();
        printer.Frame(FrameView.Parse(bytes));
        return printer._text.ToString();
    }

    public static string OfBody(ReadOnlySpan<byte> body)
    {
        var printer = new Disassembly();
        printer.Commit(body);
        return printer._text.ToString();
    }

    private void Frame(FrameView frame)
    {
        var writer = $"writer {frame.Writer.Value:x32}, sequence {frame.Sequence}";
        Line($"{frame.Kind} {frame.LengthBytes} bytes, rules {frame.RulesVersion}, {writer}, time {frame.Time}");
        Line($"  first sent {frame.FirstSent}, id '{Utf8(frame.CommitId)}'{(frame.IdGivenByCaller ? " given" : "")}");
        if (frame.HasOrigin)
            Line($"  origin {frame.Origin.Hub} {frame.Origin.Partition} {frame.Origin.SequenceNumber}");
        if (frame.ReadMeta() is { } meta)
            Line($"  meta actor '{meta.Actor}' note '{meta.Note}'");
        if (!frame.Trace.IsEmpty)
            Line($"  trace '{Utf8(frame.Trace)}'");
        if (frame.Kind == FrameKind.Commit)
            Commit(frame.Body);
        else if (frame.Kind == FrameKind.Configuration)
            Settings(SettingsCodec.Read(frame.Body));
        else if (frame.Kind == FrameKind.Purge)
            Purge(new(frame.Body));
        else if (frame.Kind == FrameKind.Embeddings)
            Embeddings(new(frame.Body));
        else
            Line($"  body {Convert.ToHexStringLower(frame.Body)}");
    }

    private void Settings(SpaceSettings settings)
    {
        var dimensions = settings.VectorDimensions?.ToString(CultureInfo.InvariantCulture) ?? "any";
        Line($"  half-life {settings.HalfLife?.ToString() ?? "none"}, language {settings.Language}, vector {dimensions} {settings.VectorMetric}");
        if (settings.EmbeddingModel is not null || settings.NextEmbeddingModel is not null)
            Line($"  embeddings of '{settings.EmbeddingModel}', next '{settings.NextEmbeddingModel}'");
        if (settings.TextAttributes is { } attributes)
            Line($"  text in attributes {attributes}");
        Line($"  ttl {settings.TimeToLive?.ToString() ?? "none"}, idempotency window {settings.IdempotencyWindow}");
    }

    private void Purge(PurgeReader reader)
    {
        while (reader.TryRead(out var id))
        {
            Line($"  '{Utf8(id)}'");
        }
    }

    private void Embeddings(EmbeddingsReader reader)
    {
        Line($"  model '{Utf8(reader.Model)}', {reader.Dimensions} dimensions");
        while (reader.TryRead(out var embedding))
        {
            var components = MemoryMarshal.Cast<byte, float>(embedding.Vector).ToArray();
            Line($"  '{Utf8(embedding.Id)}' text {embedding.TextHash:x16} [{string.Join(' ', components.Select(component => Number(component)))}]");
        }
    }

    private void Commit(ReadOnlySpan<byte> body)
    {
        var reader = new CommitReader(body);
        while (reader.TryReadPrecondition(out var precondition))
        {
            var target = precondition.IsAssociation ? Name(precondition.Association) : $"'{Utf8(precondition.Id)}'";
            Line($"  require {target} {precondition.Condition}{(precondition.Condition == Condition.Version ? $" {precondition.Version}" : "")}");
        }

        while (reader.TryReadOperation(out var operation))
        {
            Operation(operation);
        }
    }

    private void Operation(OperationView operation)
    {
        var target = operation.IsAssociation ? Name(operation.Association) : $"'{Utf8(operation.Id)}'{(operation.IdDerived ? " derived" : "")}";
        var policy = operation.Kind is OperationKind.Put or OperationKind.Associate ? operation.OnExists.ToString() : operation.OnMissing.ToString();
        if (operation.Kind == OperationKind.Associate)
            policy += $"/{operation.MissingEndpoints}";
        var amount = operation.Kind is OperationKind.Reinforce or OperationKind.ReinforceAssociation ? $" by {Number(operation.Amount)}" : "";
        Line($"  {operation.Kind} {target} {policy}{amount}");

        var fields = new FieldReader(operation.Fields);
        while (fields.TryRead(out var tag, out var payload))
        {
            Line($"    {tag}{Field(tag, payload)}");
        }
    }

    private static string Field(FieldTag tag, ReadOnlySpan<byte> payload)
    {
        switch (tag)
        {
            case FieldTag.Labels or FieldTag.AddLabels or FieldTag.RemoveLabels or FieldTag.RemoveAttributes:
                return Names(new NameListReader(payload, tag == FieldTag.RemoveAttributes));
            case FieldTag.Attributes or FieldTag.AddItems or FieldTag.RemoveItems:
                return Attributes(new AttributeReader(payload));
            case FieldTag.TextContent:
                return $" '{Utf8(FieldPayload.Content(payload))}'";
            case FieldTag.BytesContent:
                return $" {Convert.ToHexStringLower(FieldPayload.Content(payload))}";
            case FieldTag.MediaType:
                return $" '{Utf8(FieldPayload.MediaType(payload))}'";
            case FieldTag.Vector:
                var vector = new float[FieldPayload.VectorDimensions(payload)];
                FieldPayload.CopyVector(payload, vector);
                return $" [{string.Join(' ', vector.Select(component => Number(component)))}]";
            case FieldTag.Strength or FieldTag.Confidence:
                return $" {Number(FieldPayload.Single(payload))}";
            case FieldTag.RemoveMembers:
                return $" {FieldPayload.Members(payload)}";
            case FieldTag.NoContent:
                return "";
            default:
                return $" {FieldPayload.Instant(payload)?.ToString() ?? "none"}";
        }
    }

    private static string Names(NameListReader reader)
    {
        var text = "";
        while (reader.TryRead(out var name))
        {
            text += $" '{Utf8(name)}'";
        }

        return text;
    }

    private static string Attributes(AttributeReader reader)
    {
        var text = "";
        while (reader.TryRead(out var name, out var value))
        {
            text += $" {Utf8(name)}={Value(value)}";
        }

        return text;
    }

    private static string Value(ValueView value)
    {
        switch (value.Kind)
        {
            case ValueKind.Null:
                return "null";
            case ValueKind.Bool:
                return value.Bits != 0 ? "true" : "false";
            case ValueKind.Int64:
                return value.Bits.ToString(CultureInfo.InvariantCulture);
            case ValueKind.Float64:
                return $"float:{BitConverter.Int64BitsToDouble(value.Bits).ToString("R", CultureInfo.InvariantCulture)}";
            case ValueKind.String:
                return $"'{Utf8(value.Bytes)}'";
            case ValueKind.DateTime:
                return new Cairn.Primitives.Timestamp(value.Bits).ToString();
            case ValueKind.Bytes:
                return $"0x{Convert.ToHexStringLower(value.Bytes)}";
            case ValueKind.Array:
                var items = value.Items();
                var list = new List<string>();
                while (items.TryRead(out var item))
                {
                    list.Add(Value(item));
                }

                return $"[{string.Join(' ', list)}]";
            default:
                var members = value.Members();
                var named = new List<string>();
                while (members.TryRead(out var name, out var member))
                {
                    named.Add($"{Utf8(name)}:{Value(member)}");
                }

                return $"{{{string.Join(' ', named)}}}";
        }
    }

    private static string Name(AssociationName name) =>
        $"'{Utf8(name.Source)}' -{Utf8(name.Type)}-> '{Utf8(name.Target)}'{(name.Key.IsEmpty ? "" : $" key '{Utf8(name.Key)}'")}";

    private static string Number(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Utf8(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private void Line(string line) => _text.Append(line).Append('\n');
}
