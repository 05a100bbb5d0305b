using System.Collections.Immutable;
using Cairn.Model;
using Cairn.Primitives;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>Random scenarios. Names come from small pools, so that operations meet; policies lean to what lets commits through.</summary>
internal static class Generate
{
    /// <summary>When every scenario begins.</summary>
    public static readonly Timestamp Begin = Timestamp.From(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static readonly Gen<string> Id = Gen.Frequency(
        (20, Gen.Elements("a", "b", "c", "d")), (4, Gen.Elements("e", "f", "é", "z")), (1, Gen.Constant(new string('i', Limits.IdBytes))));

    private static readonly Gen<string> End = Gen.Frequency((5, Gen.Elements("a", "b")), (1, Id));

    private static readonly Gen<AssociationKey> Key =
        from source in End
        from target in End
        from type in Gen.Frequency((9, Gen.Constant("knows")), (1, Gen.Constant("likes")))
        from key in Gen.Frequency((9, Gen.Constant("")), (1, Gen.Constant("k")))
        select new AssociationKey(source, type, target, key);

    private static readonly Gen<OnMissing> OnMissing = Gen.Frequency((4, Gen.Constant(Cairn.Model.OnMissing.Skip)), (1, Gen.Constant(Cairn.Model.OnMissing.Fail)));

    private static readonly Gen<OnMissing> OnMissingOfPatch = Gen.Frequency((3, OnMissing), (2, Gen.Constant(Cairn.Model.OnMissing.Create)));

    private static readonly Gen<OnExists> OnExists = Gen.Frequency(
        (4, Gen.Constant(Cairn.Model.OnExists.Replace)), (4, Gen.Constant(Cairn.Model.OnExists.Merge)),
        (2, Gen.Constant(Cairn.Model.OnExists.Skip)), (1, Gen.Constant(Cairn.Model.OnExists.Fail)));

    private static readonly Gen<MissingEndpoints> Endpoints = Gen.Frequency((2, Gen.Constant(MissingEndpoints.Imply)), (1, Gen.Constant(MissingEndpoints.Fail)));

    private static readonly Gen<float> Amount = Gen.Elements(0f, 0.1f, 0.5f, 1f / 3, 1f);

    /// <summary>All operations.</summary>
    public static readonly Gen<Operation> Operations = Gen.Frequency(
        (6, from id in Gen.Frequency((12, Id), (1, Gen.Constant("")))
            from fields in GenerateFields.OfPut
            from policy in OnExists
            select (Operation)new Put(id, fields, policy)),
        (6, from id in Id from fields in GenerateFields.OfPatch from policy in OnMissingOfPatch select (Operation)new Patch(id, fields, policy)),
        (2, from id in Id from policy in OnMissing select (Operation)new Delete(id, policy)),
        (2, from id in Id from amount in Amount from policy in OnMissing select (Operation)new Reinforce(id, amount, policy)),
        (7, from key in Key
            from fields in GenerateFields.OfAssociate
            from policy in OnExists
            from ends in Endpoints
            select (Operation)new Associate(key, fields, policy, ends)),
        (2, from key in Key from policy in OnMissing select (Operation)new Dissociate(key, policy)),
        (2, from key in Key from amount in Amount from policy in OnMissing select (Operation)new ReinforceAssociation(key, amount, policy)));

    /// <summary>Few targets, and mostly attributes that change their types.</summary>
    public static readonly Gen<Operation> AttributeOperations = Gen.Frequency(
        (6, from id in Gen.Elements("a", "b") from fields in GenerateFields.OfAttributes select (Operation)new Patch(id, fields, Cairn.Model.OnMissing.Create)),
        (2, from id in Gen.Elements("a", "b")
            from fields in GenerateFields.OfAttributes
            from policy in OnExists
            select (Operation)new Put(id, Fields.None with { Attributes = fields.Attributes }, policy)),
        (1, Operations));

    private static readonly Gen<Requirement> Requirements =
        from id in Id
        from key in Key
        from onAssociation in Gen.Elements(true, false)
        from condition in Gen.Elements(Condition.Version, Condition.Version, Condition.Exists, Condition.Absent)
        from guess in Gen.Frequency((4, Gen.Constant(Guess.Current)), (1, Gen.Constant(Guess.OneBefore)), (1, Gen.Constant(Guess.Zero)))
        select new Requirement(onAssociation ? "" : id, onAssociation ? key : null, condition, guess);

    private static readonly Gen<TimeSpan> Delay = Gen.Frequency(
        (30, Gen.Constant(TimeSpan.FromSeconds(1))), (10, Gen.Constant(TimeSpan.Zero)), (10, Gen.Constant(TimeSpan.FromMinutes(5))),
        (4, Gen.Constant(TimeSpan.FromHours(2))), (2, Gen.Constant(TimeSpan.FromHours(13))), (1, Gen.Constant(TimeSpan.FromDays(2))),
        (2, Gen.Constant(TimeSpan.FromMinutes(-3))));

    private static readonly Gen<TimeSpan> Age = Gen.Frequency(
        (8, Gen.Constant(TimeSpan.Zero)), (2, Gen.Constant(TimeSpan.FromMinutes(30))), (2, Gen.Constant(TimeSpan.FromMinutes(90))),
        (1, Gen.Constant(TimeSpan.FromHours(25))), (1, Gen.Constant(TimeSpan.FromHours(80))), (1, Gen.Constant(TimeSpan.FromMinutes(-1))));

    private static readonly Gen<int> Writer = Gen.Frequency((6, Gen.Constant(0)), (2, Gen.Constant(1)), (1, Gen.Constant(2)));

    private static readonly Gen<int> Back = Gen.Frequency((4, Gen.Constant(0)), (2, Gen.Choose(1, 3)), (1, Gen.Choose(4, 50)));

    private static readonly Gen<string?> CommitId = Gen.Frequency((3, Gen.Constant<string?>(null)), (1, Gen.Choose(1, 12).Select(number => (string?)$"k{number}")));

    private static readonly Gen<SpaceSettings> Settings =
        from halfLife in Gen.Elements<TimeSpan?>(null, TimeSpan.FromHours(1), TimeSpan.FromDays(30))
        from life in Gen.Elements<TimeSpan?>(null, null, null, TimeSpan.FromMinutes(5), TimeSpan.FromDays(1), TimeSpan.FromDays(1))
        from dimensions in Gen.Elements<int?>(null, 2, 3)
        from window in Gen.Elements(TimeSpan.FromHours(1), TimeSpan.FromHours(24), TimeSpan.FromDays(3))
        from attributes in Gen.Elements(null, null, TextAttributes.Of(), TextAttributes.Of("b", "a"))
        select new SpaceSettings { HalfLife = halfLife, TimeToLive = life, VectorDimensions = dimensions, IdempotencyWindow = window, TextAttributes = attributes };

    /// <summary>Scenarios of up to <paramref name="steps"/> steps behind a given beginning.</summary>
    public static Arbitrary<Scenario> Scenarios(int steps, Gen<Operation> operations, params Step[] beginning) => Arb.From(
        from count in Gen.Choose(1, steps)
        from rest in Steps(Commits(operations)).ListOf(count)
        select new Scenario([.. beginning, .. rest]),
        scenario => scenario.Simpler());

    private static Gen<Commit> Commits(Gen<Operation> operation) =>
        from requirements in Several(Requirements, (10, 0), (1, 1), (1, 2))
        from operations in Several(operation, (1, 0), (6, 1), (5, 2), (3, 3), (2, 6))
        select new Commit(requirements, operations);

    private static Gen<Step> Steps(Gen<Commit> commits) => Gen.Frequency(
        (40, from delay in Delay from writer in Writer from id in CommitId from age in Age from commit in commits select (Step)new Send(delay, writer, id, age, commit)),
        (4, from delay in Delay from writer in Writer from back in Back from age in Age select (Step)new SendAgain(delay, writer, back, age)),
        (3, from delay in Delay from back in Back select (Step)new RepeatFrame(delay, back)),
        (3, from delay in Delay from writer in Writer from settings in Settings select (Step)new Configure(delay, writer, settings)),
        (1, from delay in Delay from writer in Writer select (Step)new Barrier(delay, writer)),
        (3, from delay in Delay from writer in Writer from ids in Several(Id, (1, 0), (3, 1), (3, 4)) select (Step)new Purge(delay, writer, ids)),
        (5, Gen.Constant<Step>(new TakeSnapshot())),
        (2, Gen.Elements<Step>(new Compact(1), new Compact(8))),
        (4, Gen.Elements<Step>(new Store(true), new Store(true), new Store(false), new Store(false, Compacts: true))));

    /// <summary>Steps behind which concepts have few attribute columns left, so that most of their attributes live in bags.</summary>
    public static Step[] FewColumnsLeft()
    {
        const int Left = 12;
        const int Each = 250;
        var names = Enumerable.Range(0, Limits.AttributeColumns - Left).Select(number => new NamedValue("filler" + number, number));
        var fields = names.Chunk(Each).Select(chunk => Fields.None with { Attributes = [.. chunk] });
        var puts = fields.Select(some => new Put("filler", some, Cairn.Model.OnExists.Replace));
        return [new Send(TimeSpan.Zero, 0, null, TimeSpan.Zero, new([], [.. puts, new Delete("filler", Cairn.Model.OnMissing.Fail)]))];
    }

    /// <summary>A list whose length is one of the weighted ones.</summary>
    public static Gen<ImmutableList<T>> Several<T>(Gen<T> item, params (int Weight, int Count)[] lengths) =>
        from count in Gen.Frequency(lengths.Select(length => (length.Weight, Gen.Constant(length.Count))))
        from items in item.ListOf(count)
        select items.ToImmutableList();
}
