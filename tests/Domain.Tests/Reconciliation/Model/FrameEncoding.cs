using System.Collections.Immutable;
using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>Writes commits and settings as frames.</summary>
internal sealed class FrameEncoding(Incarnation incarnation)
{
    private readonly CommitWriter _writer = new(incarnation);

    public SentFrame Commit(WriterId writer, ulong sequence, Timestamp time, string id, bool given, Timestamp firstSent, Commit commit)
    {
        var encoded = Encode(id, given, firstSent, commit);
        var bytes = new byte[encoded.LengthBytes];
        encoded.Stamp(writer, sequence, time, bytes);
        var body = encoded.Body.ToArray();
        encoded.Return();
        return new(FrameKind.Commit, writer, sequence, time, bytes) { CommitId = id, IdGivenByCaller = given, FirstSent = firstSent, Commit = commit, Body = body };
    }

    /// <summary>A commit that is no frame yet.</summary>
    public EncodedCommit Encode(string id, bool given, Timestamp firstSent, Commit commit)
    {
        _writer.Begin(Encoding.ASCII.GetBytes(id), given, firstSent);
        foreach (var requirement in commit.Requirements)
        {
            Write(requirement);
        }

        foreach (var operation in commit.Operations)
        {
            Write(operation);
        }

        return _writer.Finish();
    }

    public static SentFrame Settings(WriterId writer, ulong sequence, Timestamp time, SpaceSettings settings) =>
        System(FrameKind.Configuration, SettingsCodec.Write(settings), writer, sequence, time) with { Settings = settings };

    public static SentFrame Generation(WriterId writer, ulong sequence, Timestamp time) => System(FrameKind.Generation, [], writer, sequence, time);

    public static SentFrame Barrier(WriterId writer, ulong sequence, Timestamp time) => System(FrameKind.Barrier, [], writer, sequence, time);

    public static SentFrame Purge(WriterId writer, ulong sequence, Timestamp time, IReadOnlyList<string> ids)
    {
        var purge = new PurgeWriter();
        foreach (var id in ids)
        {
            Assert.True(purge.TryAdd(Utf8(id)));
        }

        return System(FrameKind.Purge, purge.Finish(), writer, sequence, time) with { Purged = ids };
    }

    /// <summary>A barrier in the place of a purge, as long as it: positions behind it stay.</summary>
    public static byte[] WithoutPurge(SentFrame frame)
    {
        var bytes = frame.Bytes.ToArray();
        var body = FrameView.Parse(frame.Bytes).Body;
        FrameFormat.WriteSystemFrame(bytes, FrameKind.Barrier, body, frame.Writer, frame.Sequence, frame.Time);
        return bytes;
    }

    private static SentFrame System(FrameKind kind, byte[] body, WriterId writer, ulong sequence, Timestamp time)
    {
        var bytes = new byte[FrameFormat.SystemFrameBytes(body.Length)];
        FrameFormat.WriteSystemFrame(bytes, kind, body, writer, sequence, time);
        return new(kind, writer, sequence, time, bytes);
    }

    private void Write(Requirement requirement)
    {
        if (requirement.Key is { } key)
        {
            _writer.RequireAssociation(new(Utf8(key.Source), Utf8(key.Type), Utf8(key.Target), Utf8(key.Key)), requirement.Condition, requirement.Version);
        }
        else
        {
            _writer.RequireConcept(Utf8(requirement.Id), requirement.Condition, requirement.Version);
        }
    }

    private void Write(Operation operation)
    {
        switch (operation)
        {
            case Put put:
                _writer.BeginPut(Utf8(put.Id), put.OnExists);
                Write(put.Fields);
                break;
            case Patch patch:
                _writer.BeginPatch(Utf8(patch.Id), patch.OnMissing);
                Write(patch.Fields);
                break;
            case Associate { Key: var key } associate:
                _writer.BeginAssociate(new(Utf8(key.Source), Utf8(key.Type), Utf8(key.Target), Utf8(key.Key)), associate.OnExists, associate.MissingEndpoints);
                Write(associate.Fields);
                break;
            case Delete delete:
                _writer.Delete(Utf8(delete.Id), delete.OnMissing);
                break;
            case Reinforce reinforce:
                _writer.Reinforce(Utf8(reinforce.Id), reinforce.Amount, reinforce.OnMissing);
                break;
            case Dissociate { Key: var key } dissociate:
                _writer.Dissociate(new(Utf8(key.Source), Utf8(key.Type), Utf8(key.Target), Utf8(key.Key)), dissociate.OnMissing);
                break;
            case ReinforceAssociation { Key: var key } reinforce:
                _writer.ReinforceAssociation(new(Utf8(key.Source), Utf8(key.Type), Utf8(key.Target), Utf8(key.Key)), reinforce.Amount, reinforce.OnMissing);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation));
        }
    }

    private void Write(Fields fields)
    {
        Labels(_writer.BeginLabels, fields.Labels);
        Labels(_writer.BeginAddLabels, fields.AddLabels);
        Labels(_writer.BeginRemoveLabels, fields.RemoveLabels);
        Write(fields.Content);
        If(fields.MediaType, mediaType => _writer.MediaType(Utf8(mediaType)));
        Values(_writer.BeginAttributes, fields.Attributes);
        Values(_writer.BeginAddItems, fields.AddItems);
        Values(_writer.BeginRemoveItems, fields.RemoveItems);
        If(fields.RemoveAttributes, WriteRemoved);
        If(fields.Vector, vector => _writer.Vector([.. vector]));
        If(fields.Strength, _writer.Strength);
        If(fields.Confidence, _writer.Confidence);
        If(fields.ValidFrom, instant => _writer.ValidFrom(instant.At));
        If(fields.ValidTo, instant => _writer.ValidTo(instant.At));
        If(fields.ExpiresAt, instant => _writer.ExpiresAt(instant.At));
        If(fields.CreatedAt, _writer.CreatedAt);
        If(fields.UpdatedAt, _writer.UpdatedAt);
        If(fields.ReinforcedAt, _writer.ReinforcedAt);
        if (fields.RemoveMembers != Members.None)
        {
            _writer.RemoveMembers(fields.RemoveMembers);
        }

        _writer.EndOperation();
    }

    private void Write(Content? content)
    {
        switch (content?.Kind)
        {
            case ContentKind.Text:
                _writer.Content(Utf8(content.Text));
                break;
            case ContentKind.Bytes:
                _writer.ContentBytes(Encoding.Latin1.GetBytes(content.Text));
                break;
            case ContentKind.None:
                _writer.NoContent();
                break;
            default:
                break;
        }
    }

    private void Labels(Action begin, ImmutableList<string>? labels) => If(labels, given =>
    {
        begin();
        given.ForEach(label => _writer.Label(Utf8(label)));
        _writer.EndLabels();
    });

    private void Values(Action begin, ImmutableList<NamedValue>? values) => If(values, given =>
    {
        begin();
        foreach (var (name, value) in given)
        {
            _writer.Attribute(Utf8(name));
            _writer.Value(value);
        }

        _writer.EndAttributes();
    });

    private void WriteRemoved(ImmutableList<string> names)
    {
        _writer.BeginRemoveAttributes();
        names.ForEach(name => _writer.RemoveAttribute(Utf8(name)));
        _writer.EndRemoveAttributes();
    }

    private static void If<T>(T? given, Action<T> write)
        where T : class
    {
        if (given is not null)
        {
            write(given);
        }
    }

    private static void If<T>(T? given, Action<T> write)
        where T : struct
    {
        if (given is { } value)
        {
            write(value);
        }
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
