using System.Buffers;
using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;
using Cairn.Storage.Lookups;

namespace Cairn.Reconciliation.Lookups;

/// <summary>Makes documents of concepts. One thread; keeps its buffers.</summary>
/// <param name="life">The life of the space.</param>
internal sealed class LookupEncoder(Incarnation life)
{
    /// <summary>Bytes of a body at most: an index takes documents of 2 MB, and bodies as base64.</summary>
    public const int MaxBodyBytes = 1_000_000;

    /// <summary>Bytes that the images of one concept may take as JSON, each character escaped.</summary>
    public const int MaxImageBytes = 500_000;

    private const int EscapedBytes = 6;
    private const int ScalarBytes = 32;
    private readonly CommitWriter _writer = new(life);

    /// <summary>The document of a concept that is there.</summary>
    public LookupDocument Encode(ConceptView concept)
    {
        var document = new LookupDocument { Id = concept.Id.ToArray(), Position = concept.Version, State = LookupState.TooLarge, ExpiresAt = concept.ExpiresAt };
        if (SizeOf(concept) > MaxBodyBytes)
        {
            return document;
        }

        var (attributes, imageBytes) = ImagesOf(concept);
        var body = BodyOf(concept);
        return body.Length > MaxBodyBytes || imageBytes > MaxImageBytes ? document : document with
        {
            State = LookupState.Stored,
            Labels = LabelsOf(concept),
            Attributes = attributes,
            Body = body,
        };
    }

    /// <summary>The document of a concept that is not there.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="position">Where that was seen.</param>
    public static LookupDocument Tombstone(ReadOnlyMemory<byte> id, LogPosition position) => new() { Id = id, Position = position, State = LookupState.Deleted };

    // A concept may hold more than one commit can say.
    private static long SizeOf(ConceptView concept)
    {
        long bytes = concept.ContentLength;
        for (var attributes = concept.Attributes; attributes.MoveNext();)
        {
            bytes += attributes.Value.Bytes.Length;
        }

        return bytes;
    }

    private static string[] LabelsOf(ConceptView concept)
    {
        var labels = new string[concept.LabelCount];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = Encoding.UTF8.GetString(concept.Label(i));
        }

        return labels;
    }

    private static (Dictionary<string, Value> Images, long Bytes) ImagesOf(ConceptView concept)
    {
        var images = new Dictionary<string, Value>(StringComparer.Ordinal);
        var bytes = 0L;
        for (var attributes = concept.Attributes; attributes.MoveNext();)
        {
            if (LookupImage.Of(attributes.Value) is { } image)
            {
                var name = Encoding.UTF8.GetString(attributes.Name);
                images[name] = image;
                bytes += (name.Length * EscapedBytes) + BytesOf(image);
            }
        }

        return (images, bytes);
    }

    private static long BytesOf(Value image) => image.Kind switch
    {
        ValueKind.String => ScalarBytes + (image.AsString.Length * EscapedBytes),
        ValueKind.Array => ScalarBytes + image.AsArray.Sum(BytesOf),
        _ => ScalarBytes,
    };

    private byte[] BodyOf(ConceptView concept)
    {
        _writer.Begin("lookup"u8, givenByCaller: false, default);
        _writer.BeginPut(concept.Id, OnExists.Replace);
        WriteLabels(concept);
        WriteContent(concept);
        WriteAttributes(concept);
        WriteVector(concept);
        WriteShares(concept);
        WriteTimes(concept);
        _writer.EndOperation();
        var commit = _writer.Finish();
        var body = commit.Body.ToArray();
        commit.Return();
        return body;
    }

    private void WriteLabels(ConceptView concept)
    {
        _writer.BeginLabels();
        for (var i = 0; i < concept.LabelCount; i++)
        {
            _writer.Label(concept.Label(i));
        }

        _writer.EndLabels();
    }

    private void WriteContent(ConceptView concept)
    {
        switch (concept.ContentKind)
        {
            case ContentKind.Text:
                _writer.Content(concept.Content);
                break;
            case ContentKind.Bytes:
                _writer.ContentBytes(concept.Content);
                break;
            default:
                break;
        }

        if (!concept.MediaType.IsEmpty)
        {
            _writer.MediaType(concept.MediaType);
        }
    }

    private void WriteAttributes(ConceptView concept)
    {
        _writer.BeginAttributes();
        for (var attributes = concept.Attributes; attributes.MoveNext();)
        {
            _writer.Attribute(attributes.Name);
            Write(attributes.Value);
        }

        _writer.EndAttributes();
    }

    private void WriteVector(ConceptView concept)
    {
        var count = concept.VectorDimensions;
        if (count > 0)
        {
            var components = ArrayPool<float>.Shared.Rent(count);
            concept.CopyVector(components);
            _writer.Vector(components.AsSpan(0, count));
            ArrayPool<float>.Shared.Return(components);
        }
    }

    private void WriteShares(ConceptView concept)
    {
        _writer.Strength(concept.Strength);
        _writer.Confidence(concept.Confidence);
    }

    private void WriteTimes(ConceptView concept)
    {
        _writer.ValidFrom(concept.ValidFrom);
        _writer.ValidTo(concept.ValidTo);
        _writer.ExpiresAt(concept.ExpiresAt);
        _writer.CreatedAt(concept.CreatedAt);
        _writer.UpdatedAt(concept.UpdatedAt);
        _writer.ReinforcedAt(concept.ReinforcedAt);
    }

    private void Write(ValueView value)
    {
        switch (value.Kind)
        {
            case ValueKind.Null:
                _writer.Null();
                break;
            case ValueKind.Bool:
                _writer.Bool(value.Bits != 0);
                break;
            case ValueKind.Int64:
                _writer.Int64(value.Bits);
                break;
            case ValueKind.Float64:
                _writer.Float64(BitConverter.Int64BitsToDouble(value.Bits));
                break;
            case ValueKind.String:
                _writer.String(value.Bytes);
                break;
            case ValueKind.DateTime:
                _writer.DateTime(new(value.Bits));
                break;
            case ValueKind.Bytes:
                _writer.Bytes(value.Bytes);
                break;
            case ValueKind.Array:
                WriteArray(value);
                break;
            default:
                WriteObject(value);
                break;
        }
    }

    private void WriteArray(ValueView value)
    {
        _writer.BeginArray();
        for (var items = value.Items(); items.TryRead(out var item);)
        {
            Write(item);
        }

        _writer.EndArray();
    }

    private void WriteObject(ValueView value)
    {
        _writer.BeginObject();
        for (var members = value.Members(); members.TryRead(out var name, out var member);)
        {
            _writer.Member(name);
            Write(member);
        }

        _writer.EndObject();
    }
}
