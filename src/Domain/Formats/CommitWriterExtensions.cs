using System.Buffers;
using System.Text.Unicode;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>Writes whole objects, for programs that use the engine in-process. Members at their defaults are left out.</summary>
public static class CommitWriterExtensions
{
    /// <summary>Puts a concept; what is the service's (version and times) is ignored.</summary>
    /// <exception cref="CairnException">Invalid: a member, named in Field. The operation was abandoned.</exception>
    public static void Put(this CommitWriter writer, Concept concept, OnExists onExists)
    {
        try
        {
            using (var id = new Utf8Text(concept.Id, "id"))
            {
                writer.BeginPut(id.Bytes, onExists);
            }

            WriteLabels(writer, concept.Labels);
            WriteContent(writer, concept);
            WriteAttributes(writer, concept.Attributes);
            if (concept.Vector is { } vector)
            {
                writer.Vector(vector);
            }

            WriteShares(writer, concept.Strength, concept.Confidence);
            WriteTimes(writer, concept.ValidFrom, concept.ValidTo);
            if (concept.ExpiresAt is { } expiry)
            {
                writer.ExpiresAt(expiry);
            }

            writer.EndOperation();
        }
        catch (CairnException)
        {
            writer.AbandonOperation();
            throw;
        }
    }

    /// <summary>Puts an association; as <see cref="Put"/>.</summary>
    public static void Associate(this CommitWriter writer, Association association, OnExists onExists, MissingEndpoints endpoints)
    {
        try
        {
            var key = association.Key;
            using (var source = new Utf8Text(key.Source, "source"))
            using (var type = new Utf8Text(key.Type, "type"))
            using (var target = new Utf8Text(key.Target, "target"))
            using (var parallel = new Utf8Text(key.Key, "key"))
            {
                writer.BeginAssociate(new(source.Bytes, type.Bytes, target.Bytes, parallel.Bytes), onExists, endpoints);
            }

            WriteAttributes(writer, association.Attributes);
            WriteShares(writer, association.Strength, association.Confidence);
            WriteTimes(writer, association.ValidFrom, association.ValidTo);
            writer.EndOperation();
        }
        catch (CairnException)
        {
            writer.AbandonOperation();
            throw;
        }
    }

    /// <summary>Writes one value, with all that it holds.</summary>
    public static void Value(this CommitWriter writer, Value value)
    {
        switch (value.Kind)
        {
            case ValueKind.Null:
                writer.Null();
                break;
            case ValueKind.Bool:
                writer.Bool(value.AsBool);
                break;
            case ValueKind.Int64:
                writer.Int64(value.AsInt64);
                break;
            case ValueKind.Float64:
                writer.Float64(value.AsFloat64);
                break;
            case ValueKind.String:
                using (var text = new Utf8Text(value.AsString, "attributes"))
                {
                    writer.String(text.Bytes);
                }

                break;
            case ValueKind.DateTime:
                writer.DateTime(value.AsDateTime);
                break;
            case ValueKind.Bytes:
                writer.Bytes(value.AsBytes);
                break;
            case ValueKind.Array:
                WriteArray(writer, value.AsArray);
                break;
            default:
                WriteObject(writer, value.AsObject);
                break;
        }
    }

    private static void WriteArray(CommitWriter writer, Value[] items)
    {
        writer.BeginArray();
        foreach (var item in items)
        {
            writer.Value(item);
        }

        writer.EndArray();
    }

    private static void WriteObject(CommitWriter writer, IReadOnlyDictionary<string, Value> members)
    {
        writer.BeginObject();
        foreach (var (name, value) in members)
        {
            using (var text = new Utf8Text(name, "attributes"))
            {
                writer.Member(text.Bytes);
            }

            writer.Value(value);
        }

        writer.EndObject();
    }

    private static void WriteLabels(CommitWriter writer, IReadOnlyList<string> labels)
    {
        if (labels.Count == 0)
        {
            return;
        }

        writer.BeginLabels();
        foreach (var label in labels)
        {
            using var text = new Utf8Text(label, "labels");
            writer.Label(text.Bytes);
        }

        writer.EndLabels();
    }

    private static void WriteContent(CommitWriter writer, Concept concept)
    {
        if (concept is { Content: not null, ContentBytes: not null })
        {
            throw CairnException.Invalid("content", "a content is text or bytes, not both");
        }

        if (concept.Content is { } content)
        {
            using var text = new Utf8Text(content, "content");
            writer.Content(text.Bytes);
        }
        else if (concept.ContentBytes is { } bytes)
        {
            writer.ContentBytes(bytes);
        }

        if (concept.MediaType is { } mediaType)
        {
            using var text = new Utf8Text(mediaType, "mediaType");
            writer.MediaType(text.Bytes);
        }
    }

    private static void WriteAttributes(CommitWriter writer, IReadOnlyDictionary<string, Value> attributes)
    {
        if (attributes.Count == 0)
        {
            return;
        }

        writer.BeginAttributes();
        foreach (var (name, value) in attributes)
        {
            using (var text = new Utf8Text(name, "attributes"))
            {
                writer.Attribute(text.Bytes);
            }

            writer.Value(value);
        }

        writer.EndAttributes();
    }

    private static void WriteShares(CommitWriter writer, float strength, float confidence)
    {
        if (strength != 1)
        {
            writer.Strength(strength);
        }

        if (confidence != 1)
        {
            writer.Confidence(confidence);
        }
    }

    private static void WriteTimes(CommitWriter writer, Timestamp? validFrom, Timestamp? validTo)
    {
        if (validFrom is not null)
        {
            writer.ValidFrom(validFrom);
        }

        if (validTo is not null)
        {
            writer.ValidTo(validTo);
        }
    }

    /// <summary>A text as UTF-8 in a pooled buffer; a lone surrogate is refused.</summary>
    private readonly ref struct Utf8Text
    {
        private readonly byte[] _bytes;
        private readonly int _lengthBytes;

        public Utf8Text(string text, string field)
        {
            _bytes = ArrayPool<byte>.Shared.Rent((text.Length * 3) + 1);
            if (Utf8.FromUtf16(text, _bytes, out _, out _lengthBytes, replaceInvalidSequences: false) != OperationStatus.Done)
            {
                ArrayPool<byte>.Shared.Return(_bytes);
                throw CairnException.Invalid(field, $"{field} holds a lone surrogate");
            }
        }

        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _lengthBytes);

        public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);
    }
}
