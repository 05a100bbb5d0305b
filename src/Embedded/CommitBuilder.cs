using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Embedded;

/// <summary>
/// Operations and preconditions of one commit, in order. For one thread until it is sent; from then on it is fixed, and sending it again
/// sends the same commit. Every method refuses a bad value with Invalid, the member named in Field, and leaves the commit as it was.
/// </summary>
public sealed class CommitBuilder
{
    private readonly Space _space;
    private readonly CommitWriter _writer;
    private EncodedCommit? _encoded;

    internal CommitBuilder(Space space, string id, bool givenByCaller, CommitMeta? meta)
    {
        (_space, Id) = (space, id);
        _writer = new(space.Record.Incarnation);
        _writer.Begin(StrictUtf8.Encode(id, "id"), givenByCaller, space.Now(), meta);
    }

    /// <summary>The commit's id.</summary>
    public string Id { get; }

    /// <summary>Operations so far, at most 10,000.</summary>
    public int OperationCount => _encoded?.OperationCount ?? _writer.OperationCount;

    /// <summary>Puts a concept. An empty id gets one that is derived from the commit's.</summary>
    public CommitBuilder Put(Concept concept, OnExists onExists = OnExists.Replace)
    {
        RequireDirection(concept.Vector);
        Open.Put(concept, onExists);
        return this;
    }

    /// <summary>Changes parts of a concept.</summary>
    public CommitBuilder Patch(string id, ConceptPatch patch, OnMissing onMissing = OnMissing.Fail)
    {
        RequireDirection(patch.Vector);
        Open.Patch(id, patch, onMissing);
        return this;
    }

    /// <summary>Deletes a concept and its associations.</summary>
    public CommitBuilder Delete(string id, OnMissing onMissing = OnMissing.Fail)
    {
        Open.Delete(StrictUtf8.Encode(id, "id"), onMissing);
        return this;
    }

    /// <summary>Raises a concept's strength by a share, 0 to 1, of what is missing to 1.</summary>
    public CommitBuilder Reinforce(string id, float amount, OnMissing onMissing = OnMissing.Fail)
    {
        Open.Reinforce(StrictUtf8.Encode(id, "id"), amount, onMissing);
        return this;
    }

    /// <summary>Associates two concepts.</summary>
    public CommitBuilder Associate(string source, string type, string target) => Associate(new Association { Key = new(source, type, target) });

    /// <summary>Puts an association.</summary>
    public CommitBuilder Associate(
        Association association, OnExists onExists = OnExists.Replace, MissingEndpoints missingEndpoints = MissingEndpoints.Fail)
    {
        Open.Associate(association, onExists, missingEndpoints);
        return this;
    }

    /// <summary>Deletes an association.</summary>
    public CommitBuilder Dissociate(AssociationKey key, OnMissing onMissing = OnMissing.Fail)
    {
        Open.Dissociate(new EncodedKey(key).Name, onMissing);
        return this;
    }

    /// <summary>Raises an association's strength by a share, 0 to 1, of what is missing to 1.</summary>
    public CommitBuilder Reinforce(AssociationKey key, float amount, OnMissing onMissing = OnMissing.Fail)
    {
        Open.ReinforceAssociation(new EncodedKey(key).Name, amount, onMissing);
        return this;
    }

    /// <summary>The commit holds only if the concept is still at the version that was read; else it is rejected.</summary>
    public CommitBuilder RequireVersion(string id, LogPosition version)
    {
        Open.RequireConcept(StrictUtf8.Encode(id, "id"), Condition.Version, version);
        return this;
    }

    /// <summary>As <see cref="RequireVersion(string, LogPosition)"/>, for an association.</summary>
    public CommitBuilder RequireVersion(AssociationKey key, LogPosition version)
    {
        Open.RequireAssociation(new EncodedKey(key).Name, Condition.Version, version);
        return this;
    }

    /// <summary>The commit holds only if there is such a concept.</summary>
    public CommitBuilder RequireExists(string id)
    {
        Open.RequireConcept(StrictUtf8.Encode(id, "id"), Condition.Exists);
        return this;
    }

    /// <summary>As <see cref="RequireExists(string)"/>, for an association.</summary>
    public CommitBuilder RequireExists(AssociationKey key)
    {
        Open.RequireAssociation(new EncodedKey(key).Name, Condition.Exists);
        return this;
    }

    /// <summary>The commit holds only if there is no such concept.</summary>
    public CommitBuilder RequireAbsent(string id)
    {
        Open.RequireConcept(StrictUtf8.Encode(id, "id"), Condition.Absent);
        return this;
    }

    /// <summary>As <see cref="RequireAbsent(string)"/>, for an association.</summary>
    public CommitBuilder RequireAbsent(AssociationKey key)
    {
        Open.RequireAssociation(new EncodedKey(key).Name, Condition.Absent);
        return this;
    }

    /// <summary>Fixes the commit. Its buffer is left to the garbage collector, since the caller may send it again at any time.</summary>
    internal EncodedCommit Encode(Space space)
    {
        if (space != _space)
        {
            throw CairnException.Invalid(null, "a commit is sent to the space that it was begun for");
        }

        return _encoded ??= _writer.Finish();
    }

    private void RequireDirection(float[]? vector)
    {
        if (vector is { Length: > 0 } && !new VectorRules(_space.Current.Settings).HasDirection(vector))
        {
            throw CairnException.Invalid("vector", "the vectors of this space are compared by cosine: one that is all zeros has no direction");
        }
    }

    private CommitWriter Open => _encoded is null ? _writer : throw CairnException.Invalid(null, "the commit was sent: begin a new one");

    /// <summary>The four names of an association as UTF-8.</summary>
    private readonly struct EncodedKey(AssociationKey key)
    {
        private readonly byte[] _source = StrictUtf8.Encode(key.Source, "source");
        private readonly byte[] _type = StrictUtf8.Encode(key.Type, "type");
        private readonly byte[] _target = StrictUtf8.Encode(key.Target, "target");
        private readonly byte[] _key = StrictUtf8.Encode(key.Key, "key");

        public AssociationName Name => new(_source, _type, _target, _key);
    }
}
