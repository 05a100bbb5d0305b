namespace Cairn.Model;

/// <summary>What a put or an associate does when its target exists.</summary>
public enum OnExists : byte
{
    /// <summary>Absent members take their defaults; createdAt and associations stay.</summary>
    Replace = 0,

    /// <summary>A patch with each member that is present.</summary>
    Merge = 1,

    /// <summary>Nothing happens to it.</summary>
    Skip = 2,

    /// <summary>The commit is rejected.</summary>
    Fail = 3,
}

/// <summary>What an operation does when its target does not exist.</summary>
public enum OnMissing : byte
{
    /// <summary>The commit is rejected.</summary>
    Fail = 0,

    /// <summary>Nothing happens.</summary>
    Skip = 1,

    /// <summary>A patch creates it.</summary>
    Create = 2,
}

/// <summary>What an associate does when an endpoint does not exist.</summary>
public enum MissingEndpoints : byte
{
    /// <summary>The commit is rejected.</summary>
    Fail = 0,

    /// <summary>The endpoint becomes an implied concept until it is put.</summary>
    Imply = 1,
}

/// <summary>The kinds of operation; the values are those of the frame format.</summary>
public enum OperationKind : byte
{
    /// <summary>Put a concept.</summary>
    Put = 1,

    /// <summary>Change parts of a concept.</summary>
    Patch = 2,

    /// <summary>Delete a concept and its associations.</summary>
    Delete = 3,

    /// <summary>Raise a concept's strength.</summary>
    Reinforce = 4,

    /// <summary>Put an association.</summary>
    Associate = 5,

    /// <summary>Delete an association.</summary>
    Dissociate = 6,

    /// <summary>Raise an association's strength.</summary>
    ReinforceAssociation = 7,

    /// <summary>Reserved, and not used: vectors that the service computes have frames of their own.</summary>
    Embed = 8,
}

/// <summary>A condition over what was read at a snapshot.</summary>
public enum Condition : byte
{
    /// <summary>It exists at exactly this version.</summary>
    Version = 1,

    /// <summary>It does not exist.</summary>
    Absent = 2,

    /// <summary>It exists.</summary>
    Exists = 3,
}
