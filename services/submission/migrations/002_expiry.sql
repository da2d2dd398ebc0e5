-- When it is, or was, to be said that the authorization of a line comes to its end.
alter table submission_line add column expiry_at timestamptz;
